"""The tables of traces: what calls did, span by span, as MLflow's and OpenTelemetry's clients send it."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, String, Table, Text, UniqueConstraint

from handloom.store.engine.metadata import Number, metadata

traces = Table(
    "traces",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("workspace_id", ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("experiment_internal_id", ForeignKey("experiments.internal_id", ondelete="CASCADE"), nullable=False),
    Column("trace_id", Text, nullable=False),  # chosen by the client
    Column("client_request_id", Text),
    Column("request_time", BigInteger, nullable=False),
    Column("duration", BigInteger),  # ms; NULL while the trace is in progress
    Column("state", String(24), nullable=False),
    Column("request_preview", Text),
    Column("response_preview", Text),
    Column(
        "finalized", Boolean, nullable=False
    ),  # the client sent the complete trace: spans no longer change its times
    UniqueConstraint("workspace_id", "trace_id"),
    Index("ix_traces_newest", "experiment_internal_id", "request_time", "trace_id"),
)

trace_tags = Table(
    "trace_tags",
    metadata,
    Column("trace_internal_id", ForeignKey("traces.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

trace_metadata = Table(
    "trace_metadata",
    metadata,
    Column("trace_internal_id", ForeignKey("traces.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Traces that were linked to a run after they were logged; the run they were logged in is in their metadata.
trace_runs = Table(
    "trace_runs",
    metadata,
    Column("trace_internal_id", ForeignKey("traces.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("run_id", String(32), primary_key=True),
    sqlite_with_rowid=False,
)

assessments = Table(
    "assessments",
    metadata,
    Column("internal_id", Number, primary_key=True),
    Column("trace_internal_id", ForeignKey("traces.internal_id", ondelete="CASCADE"), nullable=False),
    Column("assessment_id", Text, nullable=False),
    Column("kind", String(12), nullable=False),  # feedback, expectation or issue
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),  # JSON
    Column("text", Text, nullable=False),  # the value for searches: a text without its quotes, else the JSON
    Column("numeric_value", Float(53)),  # the value for averages: booleans, yes and no as 1 and 0
    Column("is_number", Boolean, nullable=False),  # whether the value itself is a number
    Column("failure", Text),  # JSON object: why a scorer gave no value
    Column("source_type", String(24), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("span_id", Text, nullable=False),
    Column("rationale", Text, nullable=False),
    Column("metadata", Text, nullable=False),  # JSON object
    Column("overrides", Text, nullable=False),  # the id of another assessment of the trace
    Column("valid", Boolean, nullable=False),  # False once it is overridden
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    UniqueConstraint("trace_internal_id", "assessment_id"),
    Index("ix_assessments_name", "trace_internal_id", "kind", "name"),
)

spans = Table(
    "spans",
    metadata,
    Column("trace_internal_id", ForeignKey("traces.internal_id", ondelete="CASCADE"), primary_key=True),
    Column("span_id", String(16), primary_key=True),
    Column("parent_id", String(16)),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("status", String(8), nullable=False),
    Column("started_at", BigInteger, nullable=False),  # ns since 1970 UTC
    Column("ended_at", BigInteger),
    Column("content", Text, nullable=False),  # the complete span, as OpenTelemetry's JSON
    Column("texts", Text, nullable=False, server_default="{}"),  # JSON object: the text of each attribute, for searches
)
