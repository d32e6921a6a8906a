"""What runs are put into groups by: a param, a tag, their parent, any run above them, or one of a few attributes."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.keys import MAX_KEY
from handloom.domain.runs import PARENT_TAG
from handloom.domain.search import Comparison, Condition

MAX_FIELDS = 3
ATTRIBUTES = {"status": "status", "user": "user_id"}


class GroupField(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a grouping: what it is, and the key behind a param or tag."""

    entity: Literal["param", "tag", "attribute", "ancestor"]
    key: str


def parse_field(text: str) -> GroupField:
    """`params.depth`, `tags.seed`, `parent`, `ancestor`, `status` or `user`."""
    kind, _, key = text.partition(".")
    if text == "parent":
        return GroupField(entity="tag", key=PARENT_TAG)
    if text == "ancestor":
        return GroupField(entity="ancestor", key=PARENT_TAG)
    if text in ATTRIBUTES:
        return GroupField(entity="attribute", key=ATTRIBUTES[text])
    if kind in ("params", "tags") and 0 < len(key) <= MAX_KEY:
        return GroupField(entity="param" if kind == "params" else "tag", key=key)
    raise Invalid(
        f"Runs cannot be grouped by {text!r}: name params.KEY, tags.KEY, parent, ancestor, status or user.",
        field="group_by",
    )


def parse_fields(texts: Sequence[str]) -> list[GroupField]:
    """Raise Invalid where there are too many, or one twice. None at all: every run is in the one group."""
    fields = [parse_field(text) for text in texts]
    if len(fields) > MAX_FIELDS or len(set(fields)) < len(fields):
        raise Invalid(f"Name at most {MAX_FIELDS} fields to group by, each once.", field="group_by")
    return fields


def condition_of(member: str) -> Condition:
    """The runs of a group by one of its fields: `params.depth=5`, or `params.depth` for those without the param."""
    text, equals, value = member.partition("=")  # no key has an equals sign in it
    field = parse_field(text)
    if field.entity == "ancestor":
        raise Invalid("The runs below a run are read by their parents, one level after the other.", field="group")
    if equals:
        return Comparison(entity=field.entity, key=field.key, operator="=", value=value)
    if field.entity == "attribute":
        raise Invalid(f"Every run has a {text}: say which, as in {text}=VALUE.", field="group")
    return Comparison(entity=field.entity, key=field.key, operator="IS NULL", value=None)
