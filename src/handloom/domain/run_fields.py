"""The fields of a run: what reads, filters, orders, lists and records of runs are made from."""

from typing import Literal

import msgspec

from handloom.domain.grammar import LIST, NUMBER, REGEX, TEXT

MAX_CLIENT = 200

Status = Literal["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]


class RunFields(msgspec.Struct, frozen=True):
    """The stored fields that runs have wherever they are read, listed, exported or imported. The store's SELECT, the
    records and the rows of the run list inherit them. Times are milliseconds since 1970 UTC.
    """

    run_id: str
    name: str
    user_id: str
    status: Status
    start_time: int
    end_time: int | None
    client: str
    """The program that created the run, as its `User-Agent` says: `mlflow-python-client/3.17.0`."""


class RunField(msgspec.Struct, frozen=True, kw_only=True):
    """How one field is filtered by, ordered by and shown. `attribute` is its name in `RunFields` or `RunInfo`, and
    `column` its column; both are empty for a field that is computed, whose SQL is in `store.runs.fields`.
    """

    name: str
    """Its name in filters and orders, which is MLflow's where MLflow has the field."""
    kind: Literal["text", "number"]
    attribute: str = ""
    column: str = ""
    operators: tuple[str, ...] = ()
    """Operators of filters; none where it cannot be filtered by."""
    orderable: bool = False
    optional: bool = False
    """Whether a run may be without it; such runs come last in either direction."""
    in_list: bool = False
    """Whether the run list has a column for it; `column.NAME` in the UI's texts is its label."""
    in_record: bool = False
    """Whether records carry it when runs move between servers."""
    aliases: tuple[str, ...] = ()
    """Its other names in filters and orders."""


RUN_FIELDS = (
    RunField(
        name="run_name",
        kind="text",
        attribute="name",
        column="name",
        operators=TEXT + REGEX,
        orderable=True,
        in_list=True,
        in_record=True,
        aliases=("run name", "Run name", "Run Name"),
    ),
    RunField(
        name="status",
        kind="text",
        attribute="status",
        column="status",
        operators=TEXT + REGEX,
        orderable=True,
        in_list=True,
        in_record=True,
    ),
    RunField(
        name="start_time",
        kind="number",
        attribute="start_time",
        column="start_time",
        operators=NUMBER,
        orderable=True,
        in_list=True,
        in_record=True,
        aliases=("created", "Created"),
    ),
    RunField(
        name="end_time",
        kind="number",
        attribute="end_time",
        column="end_time",
        operators=NUMBER,
        orderable=True,
        optional=True,
        in_record=True,
    ),
    RunField(name="duration", kind="number", operators=NUMBER, orderable=True, optional=True, in_list=True),
    RunField(name="notebook", kind="text", operators=TEXT + REGEX, orderable=True, optional=True, in_list=True),
    RunField(
        name="user_id",
        kind="text",
        attribute="user_id",
        column="user_id",
        operators=TEXT + REGEX,
        orderable=True,
        in_list=True,
        in_record=True,
    ),
    RunField(
        name="client",
        kind="text",
        attribute="client",
        column="client",
        operators=TEXT + REGEX,
        orderable=True,
        in_list=True,
        in_record=True,
    ),
    RunField(
        name="run_id",
        kind="text",
        attribute="run_id",
        column="run_id",
        operators=TEXT + REGEX + LIST,
        orderable=True,
        in_list=True,
        in_record=True,
    ),
    RunField(
        name="artifact_uri",
        kind="text",
        attribute="artifact_uri",
        column="artifact_uri",
        operators=TEXT + REGEX,
        orderable=True,
        in_record=True,
    ),
    RunField(
        name="lifecycle_stage", kind="text", attribute="lifecycle_stage", column="lifecycle_stage", in_record=True
    ),
)

FILTERED = {field.name: field for field in RUN_FIELDS if field.operators}
ORDERED = {field.name: field for field in RUN_FIELDS if field.orderable}
RECORDED = [field for field in RUN_FIELDS if field.in_record]


def names(fields: dict[str, RunField]) -> dict[str, str]:
    """The name of each field, by every name that it has."""
    return {name: field.name for field in fields.values() for name in (field.name, *field.aliases)}
