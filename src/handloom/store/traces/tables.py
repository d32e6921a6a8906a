"""The tables of traces: what calls did, span by span, as MLflow's and OpenTelemetry's clients send it."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from handloom.store.engine.metadata import Number, metadata

traces = Table(
    "traces",
    metadata,
    Column("number", Number, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("experiment_number", ForeignKey("experiments.number", ondelete="CASCADE"), nullable=False),
    Column("trace_id", Text, nullable=False),  # chosen by the client
    Column("client_request_id", Text),
    Column("request_time", BigInteger, nullable=False),
    Column("duration", BigInteger),  # ms; unknown while the trace goes on
    Column("state", String(24), nullable=False),
    Column("request_preview", Text),
    Column("response_preview", Text),
    Column("assessments", Text),  # JSON array, as the client sent them with the trace
    Column("finalized", Boolean, nullable=False),  # the client told the whole: spans no longer change the times
    UniqueConstraint("workspace_id", "trace_id"),
    Index("ix_traces_newest", "experiment_number", "request_time", "trace_id"),
)

trace_tags = Table(
    "trace_tags",
    metadata,
    Column("trace_number", ForeignKey("traces.number", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

trace_metadata = Table(
    "trace_metadata",
    metadata,
    Column("trace_number", ForeignKey("traces.number", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Traces that were linked to a run after they were logged; the run they were logged in is in their metadata.
trace_runs = Table(
    "trace_runs",
    metadata,
    Column("trace_number", ForeignKey("traces.number", ondelete="CASCADE"), primary_key=True),
    Column("run_id", String(32), primary_key=True),
    sqlite_with_rowid=False,
)

spans = Table(
    "spans",
    metadata,
    Column("trace_number", ForeignKey("traces.number", ondelete="CASCADE"), primary_key=True),
    Column("span_id", String(16), primary_key=True),
    Column("parent_id", String(16)),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("status", String(8), nullable=False),
    Column("started_at", BigInteger, nullable=False),  # ns since 1970 UTC
    Column("ended_at", BigInteger),
    Column("content", Text, nullable=False),  # the span whole, as OpenTelemetry's JSON
)
