"""What a trace may be called, hold and say of itself."""

import pytest

from handloom.domain import traces as rules
from handloom.domain.errors import Invalid


@pytest.mark.parametrize("trace_id", ["tr-0123", "a.b:c_d", "추적", "x" * 250])
def test_an_id_that_could_be_part_of_a_path_is_taken(trace_id: str) -> None:
    rules.check_id(trace_id)


@pytest.mark.parametrize("trace_id", ["", ".", "..", "a/b", "a b", "a\n", "a\0", "x" * 251])
def test_any_other_id_is_refused(trace_id: str) -> None:
    with pytest.raises(Invalid, match="Invalid trace ID"):
        rules.check_id(trace_id)


def test_new_ids_differ_and_are_ids() -> None:
    ids = {rules.new_id() for _ in range(100)}
    assert len(ids) == 100
    for trace_id in ids:
        rules.check_id(trace_id)


@pytest.mark.parametrize(
    ("given", "state"),
    [("OK", "OK"), (1, "OK"), ("3", "IN_PROGRESS"), ("", "STATE_UNSPECIFIED"), (0, "STATE_UNSPECIFIED")],
)
def test_a_state_is_named_or_numbered(given: str | int, state: str) -> None:
    assert rules.state_of(given) == state


@pytest.mark.parametrize("given", ["ok", "FINISHED", 4, -1, "²"])
def test_other_states_are_refused(given: str | int) -> None:
    with pytest.raises(Invalid, match="Invalid trace state"):
        rules.state_of(given)


def test_previews_are_cut() -> None:
    assert rules.preview(None) is None
    assert rules.preview("x" * 1_000) == "x" * 1_000
    cut = rules.preview("x" * 1_001)
    assert cut is not None
    assert (len(cut), cut[-4:]) == (1_000, "x...")


def test_the_client_says_how_many_spans_there_are() -> None:
    assert rules.expected_spans({"mlflow.trace.sizeStats": '{"num_spans": 3, "max": 1.5}'}) == 3
    for nothing in ({}, {"mlflow.trace.sizeStats": "no JSON"}, {"mlflow.trace.sizeStats": "[1]"}):
        assert rules.expected_spans(nothing) == 0


def test_linked_prompts_are_read_from_a_tag_that_anybody_may_have_set() -> None:
    assert rules.linked_prompts({"mlflow.linkedPrompts": '[{"name": "p", "version": "1"}]'}) == [
        {"name": "p", "version": "1"}
    ]
    assert rules.linked_prompts({"mlflow.linkedPrompts": "{}"}) == []
