"""Delta tables for Apache Spark without Delta Lake: Spark reads and writes Parquet files, delta-rs reads and writes the
log.

No data passes through Python. Table features that need more than plain Parquet files are refused by name.
"""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pyspark.errors import AnalysisException

from handloom.session import lake_views
from handloom.session.lake_views import LakeView
from handloom.session.overwrite import NULL_PARTITION

Execute = Callable[..., Any]
"""Execute one Spark Connect command."""
_WORD = re.compile(r"`([^`]+)`|\b(\w+)\b")
_UNREADABLE = frozenset({"deletionVectors", "columnMapping", "v2Checkpoint", "typeWidening", "variantType"})
_MODES = {1: "create", 2: "overwrite", 3: "overwrite_partitions", 4: "append", 5: "replace", 6: "create_or_replace"}


@dataclass(slots=True)
class DeltaTables:
    """The Delta tables of one session. `lake` is the folder of the workspace's tables, `database` its name in Spark."""

    lake: Path
    database: str
    execute: Execute | None = None
    _views: dict[str, int] = field(default_factory=dict)
    """Table name -> the version of the table that its temporary view reads."""

    def folder(self, name: str) -> Path | None:
        """Return the folder of a table of the lake, ignoring case; None for other names."""
        parts = [part.strip("`") for part in name.split(".")]
        if len(parts) > 1 and not self.is_default(parts[-2]):
            return None
        if not self.lake.is_dir():
            return None
        wanted = parts[-1].lower()
        return next((place for place in self.lake.iterdir() if place.name.lower() == wanted), None)

    def is_default(self, schema: str) -> bool:
        """Whether a schema is the default one of the lakehouse, by one of its names."""
        return schema.strip("`").lower() in (self.database.lower(), "dbo", "lake")

    def names(self) -> list[str]:
        """Return the names of all Delta tables, in order."""
        return sorted(place.name for place in self.lake.iterdir() if is_delta(place)) if self.lake.is_dir() else []

    def known(self, name: str) -> str | None:
        """Return the temporary view by which a Delta table or a view that lasts is read; None for other names."""
        place = self.folder(name)
        if place is not None and is_delta(place):
            return place.name
        file = self.view_file(name)
        return file.stem if file is not None and file.exists() else None

    @property
    def shown(self) -> set[str]:
        """The names of temporary views that were created here."""
        return set(self._views)

    def is_table(self, name: str) -> bool:
        place = self.folder(name)
        return place is not None and is_delta(place)

    def read_table(self, relation: Any) -> None:
        """Rewrite a read of a Delta table of the lake, by name, to a read of its files."""
        name = relation.read.named_table.unparsed_identifier
        place = self.folder(name)
        if place is None or not is_delta(place):
            if (file := self.view_file(name)) is not None and file.exists():
                self._show_views({file.stem}, ())
                relation.read.named_table.unparsed_identifier = _quoted(file.stem)
            return
        options = dict(relation.read.named_table.options)
        self._read(relation, place, options)

    def read_path(self, relation: Any) -> None:
        source = relation.read.data_source
        path = source.paths[0] if source.paths else source.options.get("path", "")
        if not is_delta(Path(path)):
            raise AnalysisException(f"[DELTA_TABLE_NOT_FOUND] {path} is not a Delta table. SQLSTATE: 42P01")
        self._read(relation, Path(path), dict(source.options))

    def show_tables(self, text: str) -> None:
        """Create temporary views of the Delta tables that an SQL text mentions, at their newest version, and of the
        views that last.
        """
        self._show_all(text, ())

    def _show_all(self, text: str, readers: tuple[str, ...]) -> None:
        if not self.lake.is_dir():
            return
        words = {(quoted or plain).lower() for quoted, plain in _WORD.findall(text)}
        for place in self.lake.iterdir():
            if place.name.lower() in words and is_delta(place):
                self._show(place.name, place)
        self._show_views(words, readers)

    def view_file(self, name: str) -> Path | None:
        """Return the file of a view that last of the default schema, whether there is one or not; None elsewhere."""
        parts = [part.strip("`") for part in name.split(".")]
        if len(parts) > 1 and not self.is_default(parts[-2]):
            return None
        return lake_views.file_of(self.lake, "dbo", parts[-1].lower())

    def forget(self, name: str) -> None:
        """Forget the temporary view of a table that was dropped."""
        self._views.pop(name, None)

    def _show_views(self, words: set[str], readers: tuple[str, ...]) -> None:
        """Create temporary views for the views that last, each anew: what they read may have a newer version.

        `readers` are the views because of which this is done.
        """
        for schema, name in lake_views.all_of(self.lake):
            view = lake_views.read(lake_views.file_of(self.lake, schema, name)) if schema == "dbo" else None
            if view is None or name not in words or self.execute is None:
                continue
            if name in readers:
                chain = " -> ".join([*readers, name])
                raise AnalysisException(f"[RECURSIVE_VIEW] The view {name} reads itself: {chain}. SQLSTATE: 42K0H")
            self._show_all(view.query, (*readers, name))
            self.execute(_view_command(name, view))

    def view_of(self, place: Path) -> str:
        """Create a temporary view of the Delta table at a path and return its name."""
        name = f"delta_{uuid.uuid5(uuid.NAMESPACE_URL, str(place)).hex[:12]}"
        self._show(name, place)
        return name

    def state(self, place: Path) -> tuple[int, str]:
        """Return the version of a Delta table and its columns as JSON text."""
        table = _open(place)
        return table.version(), table.schema().to_json()

    def target(self, write: Any) -> Path | None:
        """Return the folder of the Delta table that a `WriteOperation` writes; None if it writes something else."""
        form = write.source.lower()
        if write.WhichOneof("save_type") == "table":
            name = write.table.table_name
            existing = self.folder(name)
            if existing is not None and is_delta(existing):
                return existing
            parts = [part.strip("`") for part in name.split(".")]
            mine = len(parts) == 1 or self.is_default(parts[-2])
            if form == "delta" and not mine:
                raise AnalysisException(
                    f"[UNSUPPORTED_FEATURE.DELTA] {name}: Apache Spark here writes Delta tables into the default "
                    "schema. Way out: omit the schema, or run this cell on the quick engine (notebook settings, "
                    "Engine)."
                )
            return self.lake / parts[-1] if form in ("", "delta") and mine else None
        return Path(write.path) if form == "delta" and write.path else None

    def to_first_version(self, command: Any) -> None:
        """Convert `frame.writeTo(table)` (DataFrameWriterV2) to the equivalent `WriteOperation`."""
        new = command.write_operation_v2
        mode = _MODES.get(new.mode, "")
        options = dict(new.options)
        name, provider = new.table_name, new.provider
        if provider.lower() not in ("", "delta") or (not provider and self.folder(name) and not self.is_table(name)):
            return
        if mode not in ("create", "append", "create_or_replace", "replace", "overwrite"):
            raise AnalysisException(
                "[UNSUPPORTED_FEATURE.DELTA] overwritePartitions() needs Delta Lake, which Apache Spark here does not "
                "have. Way out: run this cell on the quick engine (notebook settings, Engine)."
            )
        if mode == "overwrite" and new.HasField("overwrite_condition") and not _is_true(new.overwrite_condition):
            raise AnalysisException(
                "[UNSUPPORTED_FEATURE.DELTA] overwrite(condition) needs Delta Lake, which Apache Spark here does not "
                "have. Way out: run this cell on the quick engine (notebook settings, Engine)."
            )
        columns = [part.unresolved_attribute.unparsed_identifier.strip("`") for part in new.partitioning_columns]
        relation = type(new.input)()
        relation.CopyFrom(new.input)
        write = command.write_operation
        write.input.CopyFrom(relation)
        write.source = "delta"
        write.table.table_name = name
        write.table.save_method = write.table.TABLE_SAVE_METHOD_SAVE_AS_TABLE
        write.mode = {"create": write.SAVE_MODE_ERROR_IF_EXISTS, "append": write.SAVE_MODE_APPEND}.get(
            mode, write.SAVE_MODE_OVERWRITE
        )
        write.partitioning_columns.extend(columns)
        for key, value in options.items():
            write.options[key] = value
        if mode in ("create_or_replace", "replace"):
            write.options["overwriteSchema"] = "true"

    @contextmanager
    def writing(self, write: Any, target: Path, version: int | None = None) -> Iterator[None]:
        """Let Spark write Parquet files beside the table, then commit them. On any error the table does not change.
        With `version`, the commit fails if the table is a newer one by then.
        """
        exists = is_delta(target)
        given = {key.lower(): value for key, value in write.options.items()}
        if write.mode == write.SAVE_MODE_IGNORE and exists:
            _write_files(write, target)  # mode "ignore": the folder exists, so Spark writes nothing
            yield
            return
        if exists and write.mode in (write.SAVE_MODE_ERROR_IF_EXISTS, write.SAVE_MODE_UNSPECIFIED):
            raise AnalysisException(
                f"[TABLE_OR_VIEW_ALREADY_EXISTS] {target.name} already exists. "
                'Write with mode("overwrite") to replace it, or mode("append") to add to it. SQLSTATE: 42P07'
            )
        if "replacewhere" in given or "partitionoverwritemode" in given:
            raise AnalysisException(
                "[UNSUPPORTED_FEATURE.DELTA] Overwriting a part of a Delta table needs Delta Lake, which Apache Spark "
                "here does not have. Way out: run this cell on the quick engine (notebook settings, Engine)."
            )
        overwrite = write.mode == write.SAVE_MODE_OVERWRITE or (write.table.save_method == 2 and write.mode == 2)
        partitions = list(write.partitioning_columns)
        if exists and not partitions:
            partitions = _open(target).metadata().partition_columns
            write.partitioning_columns.extend(partitions)
        draft = target / f"_writing_{uuid.uuid4().hex}"
        try:
            _write_files(write, draft)
            yield
            _commit(target, draft, partitions, overwrite, given, version)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            if target.is_dir() and not any(target.iterdir()):
                target.rmdir()

    def _show(self, name: str, place: Path) -> None:
        from pyspark.sql.connect.proto import commands_pb2, relations_pb2

        table = _open(place)
        if self._views.get(name) == table.version() or self.execute is None:
            return
        relation = relations_pb2.Relation()
        _fill(relation, table)
        command = commands_pb2.Command()
        command.create_dataframe_view.name = name
        command.create_dataframe_view.replace = True
        command.create_dataframe_view.input.CopyFrom(relation)
        self.execute(command)
        self._views[name] = table.version()

    def _read(self, relation: Any, place: Path, options: dict[str, str]) -> None:
        given = {key.lower(): value for key, value in options.items()}
        table = _open(place, given.get("versionasof"), given.get("timestampasof"))
        common = type(relation.common)()
        common.CopyFrom(relation.common)
        relation.Clear()
        _fill(relation, table)
        relation.common.CopyFrom(common)


def _view_command(name: str, view: LakeView) -> Any:
    """The command that creates a temporary view of a query."""
    from pyspark.sql.connect.proto import commands_pb2

    command = commands_pb2.Command()
    made = command.create_dataframe_view
    made.name, made.replace = name, True
    relation = made.input.to_df.input if view.names else made.input
    relation.sql.query = view.query
    if view.names:
        made.input.to_df.column_names.extend(view.names)
    return command


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def is_delta(place: Path) -> bool:
    return (place / "_delta_log").is_dir()


def _is_true(expression: Any) -> bool:
    return bool(expression.literal.boolean)


def _open(place: Path, version: str | None = None, timestamp: str | None = None) -> Any:
    """Open the table at a version or time. Raises AnalysisException for features that plain Parquet files lack."""
    from deltalake import DeltaTable

    table = DeltaTable(str(place), version=int(version) if version else None)
    if timestamp:
        table.load_as_version(timestamp)
    features = set(table.protocol().reader_features or ())
    if unknown := sorted(features & _UNREADABLE):
        raise AnalysisException(
            f"[UNSUPPORTED_FEATURE.DELTA] {place.name} uses {', '.join(unknown)}, which Apache Spark here cannot read. "
            "Way out: run this cell on the quick engine (notebook settings, Engine)."
        )
    return table


def _fill(relation: Any, table: Any) -> None:
    """Change `relation` to a read of the table's files with its columns in order, or to an empty relation without
    files.
    """
    schema = table.schema().to_json()
    files = [uri.removeprefix("file://") for uri in table.file_uris()]
    if not files:
        relation.local_relation.schema = schema
        return
    names = [column["name"] for column in json.loads(schema)["fields"]]
    source = relation.project.input.read.data_source
    source.format = "parquet"
    source.schema = schema
    source.paths.extend(_escape(path) for path in files)
    source.options["basePath"] = str(Path(table.table_uri.removeprefix("file://")))
    for name in names:
        made = relation.project.expressions.add()
        made.unresolved_attribute.unparsed_identifier = "`" + name.replace("`", "``") + "`"


def _escape(path: str) -> str:
    """Escape glob characters in a file's path."""
    return re.sub(r"([\[\]{}*?\\])", r"\\\1", path)


def _write_files(write: Any, place: Path) -> None:
    write.source = "parquet"
    write.path = str(place)
    write.mode = write.SAVE_MODE_IGNORE if place.exists() else write.SAVE_MODE_ERROR_IF_EXISTS
    for key in [key for key in write.options if key.lower() in ("overwriteschema", "mergeschema", "path")]:
        del write.options[key]


def _commit(
    target: Path, draft: Path, partitions: list[str], overwrite: bool, given: dict[str, str], version: int | None
) -> None:
    """Move the written files into the table's folder and add them to its log in one transaction."""
    import pyarrow.parquet as pq
    from deltalake import Schema
    from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

    files = sorted(draft.rglob("*.parquet"))
    table = _open(target) if is_delta(target) else None
    if table is not None and version is not None and table.version() != version:
        raise AnalysisException(
            f"[DELTA_CONCURRENT_WRITE] {target.name} was changed meanwhile by another session. Nothing was changed "
            "here: run the statement again. SQLSTATE: 2D521"
        )
    schema = table.schema().to_json() if table is not None and not files else _schema(draft, files, partitions)
    kept = schema if table is None else _agree(target.name, table.schema().to_json(), schema, overwrite, given)
    actions: list[AddAction | RemoveAction] = []
    for file in files:
        folder = file.parent.relative_to(draft)
        place = target / folder / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        meta = pq.read_metadata(file)
        stamp = file.stat()
        file.rename(place)
        actions.append(
            AddAction(
                path=(folder / file.name).as_posix(),
                size=stamp.st_size,
                partition_values=_partition_values(folder),
                modification_time=int(stamp.st_mtime * 1000),
                data_change=True,
                stats=json.dumps({"numRecords": meta.num_rows}),
            )
        )
    if table is None:
        added = [action for action in actions if isinstance(action, AddAction)]
        create_table_with_add_actions(
            str(target), Schema.from_json(kept), added, mode="error", partition_by=partitions or None
        )
        return
    table.create_write_transaction(
        actions,
        mode="overwrite" if overwrite else "append",
        schema=Schema.from_json(kept),
        partition_by=partitions or None,
    )


def _partition_values(folder: Path) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for part in folder.parts:
        name, _, value = part.partition("=")
        found[unquote(name)] = None if value == NULL_PARTITION else unquote(value)
    return found


def _schema(draft: Path, files: list[Path], partitions: list[str]) -> str:
    """Return the frame's schema from the metadata of the files that Spark wrote, plus the partition columns."""
    import pyarrow.parquet as pq

    written = pq.read_schema(files[0]).metadata or {}
    text = written.get(b"org.apache.spark.sql.parquet.row.metadata", b"")
    if not text:
        raise AnalysisException(f"[INTERNAL_ERROR] Apache Spark wrote no schema into {files[0].name}.")
    schema = json.loads(text)
    known = {column["name"] for column in schema["fields"]}
    missing = [name for name in partitions if name not in known]
    schema["fields"] += [{"name": name, "type": "string", "nullable": True, "metadata": {}} for name in missing]
    for column in schema["fields"]:
        column["nullable"] = True
    return json.dumps(schema)


def _agree(name: str, old: str, new: str, overwrite: bool, given: dict[str, str]) -> str:
    """Return the schema of the table after the write. Raises AnalysisException if the new data does not fit and no
    option allows the change.
    """
    before = {column["name"].lower(): column for column in json.loads(old)["fields"]}
    after = {column["name"].lower(): column for column in json.loads(new)["fields"]}
    if before.keys() == after.keys() and all(before[key]["type"] == after[key]["type"] for key in before):
        return old
    if overwrite and given.get("overwriteschema", "").lower() == "true":
        return new
    shared = before.keys() & after.keys()
    if given.get("mergeschema", "").lower() == "true" and all(
        before[key]["type"] == after[key]["type"] for key in shared
    ):
        added = [after[key] for key in after if key not in before]
        merged = json.loads(old)
        merged["fields"] += added
        return json.dumps(merged)
    raise AnalysisException(
        f"[DELTA_SCHEMA_MISMATCH] The data has other columns than the table {name}: "
        f'({_columns(after)}) in place of ({_columns(before)}). Add .option("mergeSchema", "true") to add columns, '
        'or .option("overwriteSchema", "true") with mode("overwrite") to replace them. SQLSTATE: 42KDG'
    )


def _columns(columns: dict[str, Any]) -> str:
    return ", ".join(f"{column['name']} {column['type']}" for column in columns.values())
