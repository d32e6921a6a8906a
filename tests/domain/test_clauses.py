"""The grammar of registry and logged-model filters."""

import pytest

from handloom.domain import clauses
from handloom.domain.clauses import Clause
from handloom.domain.errors import Invalid


def test_comparisons_are_joined_by_and() -> None:
    assert clauses.parse("name LIKE 'a%' and tags.`my tag` != \"x\" AND version_number >= 2") == [
        Clause(entity="attribute", key="name", operator="LIKE", value="a%", quoted=True),
        Clause(entity="tag", key="my tag", operator="!=", value="x", quoted=True),
        Clause(entity="attribute", key="version_number", operator=">=", value="2", quoted=False),
    ]


def test_lists_and_dotted_keys_are_read() -> None:
    assert clauses.parse("run_id NOT  IN ('a', 'b c') AND tag.mlflow.prompt.is_prompt = 'true'") == [
        Clause(entity="attribute", key="run_id", operator="NOT IN", value=("a", "b c"), quoted=True),
        Clause(entity="tag", key="mlflow.prompt.is_prompt", operator="=", value="true", quoted=True),
    ]


def test_an_empty_filter_asks_for_everything() -> None:
    assert clauses.parse("") == clauses.parse("  ") == []
    assert len(clauses.parse("name='a' AND ")) == 1


NO_FILTERS = [
    "name",
    "name =",
    "name = 'a' OR name = 'b'",
    "(name = 'a')",
    "name = 'a' name = 'b'",
    "name IN ()",
    "name = ('a')",
    "name IN 'a'",
    "foo.bar = 'x'",
    "name = 'a'; name = 'b'",
    "name IN (1, 2)",
    "NOT name = 'a'",
]


@pytest.mark.parametrize("text", NO_FILTERS)
def test_what_is_no_such_filter_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        clauses.parse(text)


def test_an_order_has_a_key_and_a_direction() -> None:
    assert clauses.order("name") == ("name", True)
    assert clauses.order("attribute.`version_number` desc") == ("version_number", False)
    with pytest.raises(Invalid):
        clauses.order(" DESC")
