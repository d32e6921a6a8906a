"""What an assessment may be, and what its value counts as."""

import math

import pytest

from handloom.domain import assessments as rules
from handloom.domain.assessments import Assessment, AssessmentChange
from handloom.domain.errors import Invalid


@pytest.mark.parametrize(
    ("value", "counted"),
    [
        (True, (1.0, False)),
        (2, (2.0, True)),
        (0.5, (0.5, True)),
        (math.nan, (None, False)),
        (10**400, (None, False)),
        (" Yes", (1.0, False)),
        ("no", (0.0, False)),
        ("maybe", (None, False)),
        (None, (None, False)),
        ([1], (None, False)),
    ],
)
def test_what_a_value_counts_as_in_an_average(value: object, counted: tuple[float | None, bool]) -> None:
    assert rules.number(value) == counted


@pytest.mark.parametrize(
    ("given", "known"),
    [("HUMAN", "HUMAN"), (3, "CODE"), ("2", "LLM_JUDGE"), ("ai_judge", "LLM_JUDGE"), ("", "SOURCE_TYPE_UNSPECIFIED")],
)
def test_a_source_is_named_or_numbered(given: str | int, known: str) -> None:
    assert rules.source_type(given) == known


@pytest.mark.parametrize("given", ["ROBOT", 4, -1, "²"])
def test_other_sources_are_refused(given: str | int) -> None:
    with pytest.raises(Invalid, match="Invalid assessment source type"):
        rules.source_type(given)


def test_names_and_ids_have_bounds() -> None:
    for name, own in (("", "a-1"), ("x" * 251, "a-1"), ("x", ""), ("x", "a" * 51)):
        with pytest.raises(Invalid):
            rules.check(Assessment(assessment_id=own, trace_id="tr-1", kind="feedback", name=name, value="1"))


def test_a_value_of_another_kind_does_not_replace_a_value() -> None:
    expected = Assessment(assessment_id="a", trace_id="t", kind="expectation", name="n", value="1")
    rules.check_change(expected, AssessmentChange(kind="expectation", value="2"))
    with pytest.raises(Invalid, match="Cannot update feedback value on an Expectation assessment"):
        rules.check_change(expected, AssessmentChange(kind="feedback", value="2"))


def test_an_assessment_sent_again_with_its_trace_has_the_same_id() -> None:
    assert rules.repeatable_id("t", b"x") == rules.repeatable_id("t", b"x")
    assert len({rules.repeatable_id("t", b"x"), rules.repeatable_id("t", b"y"), rules.repeatable_id("u", b"x")}) == 3
