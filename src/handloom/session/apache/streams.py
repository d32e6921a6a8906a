"""Streaming queries of Apache Spark that write Delta tables, and those whose batches a function gets."""

from __future__ import annotations

import json
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.serializers import CloudPickleSerializer

from handloom.session.apache.delta import DeltaTables
from handloom.session.apache.engine import Wrap
from handloom.session.apache.log import is_delta

CHECKPOINTS = "spark.sql.streaming.checkpointLocation"
_OWN = frozenset({"path", "checkpointlocation"})


@dataclass(frozen=True, slots=True)
class DeltaSink:
    """Writes the batches of one query into a Delta table, each once: a batch that comes again is left out."""

    target: str
    options: dict[str, str]
    partitions: list[str]
    replaces: bool
    """Whether each batch is all that the table has then, as in the output mode `complete`."""
    checkpoint: str

    def __call__(self, batch: Any, number: int) -> None:
        query = json.loads((Path(self.checkpoint) / "metadata").read_text(encoding="utf-8"))["id"]
        writer = batch.write.format("delta").mode("overwrite" if self.replaces else "append").options(**self.options)
        writer = writer.option("txnAppId", query).option("txnVersion", str(number))
        (writer.partitionBy(*self.partitions) if self.partitions else writer).save(self.target)


def start(message: Any, delta: DeltaTables, conf: dict[str, str], wrap: Wrap) -> None:
    """Let the start of a streaming query call a function where it writes a Delta table, and wrap such functions."""
    if message.HasField("foreach_batch"):
        function = message.foreach_batch.python_function.command
    else:
        target = _target(message, delta)
        if target is None:
            return
        sink = _sink(message, target, conf)
        delta.check(sink.options, writing=True)
        _create(message, delta, target)
        function = pickled(sink)
        for field in ("format", "path", "table_name", "partitioning_column_names"):
            message.ClearField(field)
        for key in [key for key in message.options if key.lower() != "checkpointlocation"]:
            del message.options[key]
    message.foreach_batch.python_function.command = wrap(function, conf, delta.current)
    message.foreach_batch.python_function.python_ver = f"{sys.version_info.major}.{sys.version_info.minor}"


def pickled(function: Any) -> bytes:
    serializer: Any = CloudPickleSerializer()
    return bytes(serializer.dumps(function))


def _target(message: Any, delta: DeltaTables) -> Path | None:
    """The folder of the Delta table that a query writes; None for one that writes something else."""
    form = message.format.lower()
    if message.table_name:
        found = delta.folder(message.table_name)
        if found is not None and is_delta(found):
            return found
        return delta.new_folder(message.table_name) if form in ("", "delta") else None
    if form != "delta":
        return None
    place = message.path or next((message.options[key] for key in message.options if key.lower() == "path"), "")
    if not place:
        raise AnalysisException("[DELTA_MISSING_PATH] A stream to a Delta table needs a path or a table's name.")
    return Path(place)


def _sink(message: Any, target: Path, conf: dict[str, str]) -> DeltaSink:
    mode = message.output_mode.lower() or "append"
    if mode == "update":
        raise AnalysisException(
            "[STREAMING_OUTPUT_MODE.UNSUPPORTED_OPERATION] A Delta table takes the output modes append and complete. "
            "Way out: foreachBatch with a MERGE of each batch. SQLSTATE: 42KDE"
        )
    place = next((message.options[key] for key in message.options if key.lower() == "checkpointlocation"), "")
    if not place and conf.get(CHECKPOINTS):
        place = str(Path(conf[CHECKPOINTS]) / (message.query_name or str(uuid.uuid4())))
        message.options["checkpointLocation"] = place
    if not place:
        raise AnalysisException(
            'checkpointLocation must be specified either through option("checkpointLocation", ...) or '
            f'SparkSession.conf.set("{CHECKPOINTS}", ...). SQLSTATE: 42KDE'
        )
    options = {key: value for key, value in message.options.items() if key.lower() not in _OWN}
    return DeltaSink(str(target), options, list(message.partitioning_column_names), mode == "complete", place)


def _create(message: Any, delta: DeltaTables, target: Path) -> None:
    """Create the table that a query names, so that it can be read before the first batch."""
    if not message.table_name or is_delta(target):
        return
    from deltalake import DeltaTable, Schema

    fields = [
        {"name": name, "type": kind, "nullable": True, "metadata": {}}
        for name, kind in delta.columns_of(message.input).items()
    ]
    DeltaTable.create(
        str(target),
        Schema.from_json(json.dumps({"type": "struct", "fields": fields})),
        partition_by=list(message.partitioning_column_names) or None,
    )
