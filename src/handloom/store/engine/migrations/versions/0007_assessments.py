"""Assessments in rows of their own instead of JSON beside the trace, and the texts of spans for searches."""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from handloom.domain.spans import texts_of

revision = "0007"
down_revision = "0006"

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STEP = 500


def upgrade() -> None:
    op.create_table(
        "assessments",
        sa.Column("number", Number, nullable=False),
        sa.Column("trace_number", Number, nullable=False),
        sa.Column("assessment_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("numeric_value", sa.Float(), nullable=True),
        sa.Column("is_number", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("source_type", sa.String(length=24), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("span_id", sa.Text(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("overrides", sa.Text(), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["trace_number"], ["traces.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("trace_number", "assessment_id"),
    )
    op.create_index("ix_assessments_name", "assessments", ["trace_number", "kind", "name"], unique=False)
    op.add_column("spans", sa.Column("texts", sa.Text(), nullable=False, server_default="{}"))
    fill_texts(op.get_bind())
    move_assessments(op.get_bind())
    op.drop_column("traces", "assessments")


def fill_texts(connection: sa.Connection) -> None:
    """The texts of every span, some hundred at a time."""
    spans = sa.table("spans", *(sa.column(name) for name in ("trace_number", "span_id", "content", "texts")))
    put = (
        sa.update(spans)
        .where(spans.c.trace_number == sa.bindparam("number"), spans.c.span_id == sa.bindparam("id"))
        .values(texts=sa.bindparam("found"))
    )
    last = (-1, "")
    while True:
        after = sa.or_(
            spans.c.trace_number > last[0], sa.and_(spans.c.trace_number == last[0], spans.c.span_id > last[1])
        )
        query = sa.select(spans.c.trace_number, spans.c.span_id, spans.c.content).where(after)
        rows = connection.execute(query.order_by(spans.c.trace_number, spans.c.span_id).limit(STEP)).all()
        if not rows:
            return
        found = [
            {"number": row.trace_number, "id": row.span_id, "found": json.dumps(texts_of(json.loads(row.content)))}
            for row in rows
        ]
        connection.execute(put, found)
        last = (rows[-1].trace_number, rows[-1].span_id)


def move_assessments(connection: sa.Connection) -> None:
    """What clients sent with their traces; what has no kind or no name is none, and could not be shown before."""
    traces = sa.table("traces", *(sa.column(name) for name in ("number", "request_time", "assessments")))
    names = ("trace_number", "assessment_id", "kind", "name", "value", "text", "numeric_value", "is_number", "failure")
    more = ("source_type", "source_id", "span_id", "rationale", "metadata", "overrides", "valid")
    table = sa.table("assessments", *map(sa.column, (*names, *more, "created_at", "modified_at")))
    query = sa.select(traces).where(traces.c.assessments.is_not(None))
    for trace in connection.execute(query).all():
        seen: set[str] = set()
        for n, given in enumerate(json.loads(trace.assessments)):
            found = assessment(given, trace.request_time)
            if found is None:
                continue
            own = str(given.get("assessment_id") or f"a-{n}")
            if own not in seen:
                seen.add(own)
                connection.execute(sa.insert(table), {"trace_number": trace.number, "assessment_id": own, **found})


def assessment(given: dict[str, object], at: int) -> dict[str, object] | None:
    kind = next((kind for kind in ("feedback", "expectation", "issue") if isinstance(given.get(kind), dict)), None)
    name = given.get("assessment_name")
    if kind is None or not isinstance(name, str) or not name:
        return None
    said = given[kind]
    assert isinstance(said, dict)
    value = json.dumps(said if kind == "issue" else said.get("value"))
    serialized = said.get("serialized_value")
    if isinstance(serialized, dict):
        value = str(serialized.get("value", "null"))
    plain = json.loads(value)
    numeric = isinstance(plain, int | float) and not isinstance(plain, bool)
    words = {"yes": 1.0, "no": 0.0}
    counted = float(plain) if isinstance(plain, int | float) else words.get(str(plain).strip().lower())
    source = given.get("source")
    source = source if isinstance(source, dict) else {}
    failure = said.get("error")
    return {
        "kind": kind,
        "name": name,
        "value": value,
        "text": plain if isinstance(plain, str) else value,
        "numeric_value": counted,
        "is_number": numeric,
        "failure": json.dumps(failure) if isinstance(failure, dict) else None,
        "source_type": str(source.get("source_type") or "SOURCE_TYPE_UNSPECIFIED"),
        "source_id": str(source.get("source_id") or ""),
        "span_id": str(given.get("span_id") or ""),
        "rationale": str(given.get("rationale") or ""),
        "metadata": json.dumps(given.get("metadata") or {}),
        "overrides": str(given.get("overrides") or ""),
        "valid": given.get("valid", True) is not False,
        "created_at": milliseconds(given.get("create_time"), at),
        "modified_at": milliseconds(given.get("last_update_time"), at),
    }


def milliseconds(given: object, otherwise: int) -> int:
    try:
        return int(datetime.fromisoformat(str(given)).timestamp() * 1000)
    except ValueError:
        return otherwise
