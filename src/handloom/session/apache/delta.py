"""Delta tables for Apache Spark without Delta Lake: Spark reads and writes Parquet files, delta-rs reads and writes the
log.

No data passes through Python. Table features that need more than plain Parquet files are refused by name.
"""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException

from handloom.session import lake_views
from handloom.session.apache import constraints, overwriting
from handloom.session.apache.log import commit_files, is_delta, is_repeated, newest_commit, open_table
from handloom.session.column_sql import text_of_plan
from handloom.session.dropping import is_table
from handloom.session.lake_views import LakeView
from handloom.session.lakehouse import existing
from handloom.session.notes import Warnings
from handloom.session.quick.names import DEFAULT, Names, UnknownLakehouse, quote, replace_read_tables, split
from handloom.session.quick.reading.options import TRANSACTIONS, RefusedOption, check_delta

Execute = Callable[..., Any]
"""Execute one Spark Connect command."""
_OPTIONS = frozenset({"overwriteschema", "mergeschema", "path", "txnappid", "txnversion", *overwriting.OPTIONS})
"""Options of a write that are carried out here."""
_MODES = {1: "create", 2: "overwrite", 3: "overwrite_partitions", 4: "append", 5: "replace", 6: "create_or_replace"}


@dataclass(slots=True)
class DeltaTables:
    """The tables and views of the lakehouse, as one session sees them. `lake` is the folder of the tables."""

    lake: Path
    names: Names
    execute: Execute | None = None
    has_view: Callable[[str], bool] = lambda name: False
    """Whether the session has a temporary view of the name, which hides a table or view of the lakehouse."""
    columns_of: Callable[[Any], dict[str, Any]] = lambda relation: {}
    """The types of a relation's columns by their names, as in the schema of a Delta table."""
    current: str = DEFAULT
    """The current schema."""
    _shown: dict[str, tuple[Path, str]] = field(default_factory=dict)
    """Temporary view made here -> the table that it reads and the last commit of its version."""
    _shown_at: dict[str, tuple[Path, int]] = field(default_factory=dict)
    """Temporary view of one version of a table, made here -> the table and the version."""
    _warn: Warnings = field(default_factory=Warnings)
    _showing: list[str] = field(default_factory=list)
    """The views that last which are being shown, each because of the one before."""

    def resolve(self, name: str) -> tuple[str, str]:
        """Return schema and table of a name in SQL. Raises AnalysisException for another lakehouse."""
        try:
            parts = self.names.canonical(split(name))
        except UnknownLakehouse as error:
            raise AnalysisException(f"[TABLE_OR_VIEW_NOT_FOUND] {error} SQLSTATE: 42P01") from error
        return (parts[0], parts[1]) if len(parts) == 2 else (self.current, parts[-1])

    def home(self, schema: str) -> Path:
        """Return the folder of a schema's tables, whether it exists or not."""
        return self.lake if schema == DEFAULT else existing(self.lake / schema)

    def folder(self, name: str) -> Path | None:
        """Return the folder of a table of the lakehouse, ignoring case; None for other names."""
        schema, table = self.resolve(name)
        if table.startswith((".", "_")) or "/" in table:
            return None
        homes = [self.lake, self.lake / DEFAULT] if schema == DEFAULT else [self.home(schema)]
        found = (existing(home / table) for home in homes)
        return next((place for place in found if place.is_dir()), None)

    def tables(self, schema: str) -> list[str]:
        """Return the names of the Delta tables of a schema, in order."""
        homes = [self.lake, self.lake / DEFAULT] if schema == DEFAULT else [self.home(schema)]
        places = (place for home in homes if home.is_dir() for place in home.iterdir())
        return sorted(place.name for place in places if is_delta(place))

    def schemas(self) -> list[Path]:
        """Return the folders of created schemas."""
        if not self.lake.is_dir():
            return []
        return [
            place
            for place in sorted(self.lake.iterdir())
            if place.is_dir()
            and place.name.lower() != DEFAULT
            and not place.name.startswith((".", "_"))
            and "=" not in place.name
            and not is_table(place)
        ]

    def is_table(self, name: str) -> bool:
        place = self.folder(name)
        return place is not None and is_delta(place)

    def known(self, name: str) -> str | None:
        """Show a table or view of the lakehouse to Spark; return the temporary view to read, None for other names."""
        place = self.folder(name)
        is_ours = place is not None and is_delta(place)
        if not is_ours and not self.view_file(name).exists():
            return None
        if len(parts := split(name)) == 1 and self.has_view(parts[0].lower()):
            return None
        return self.view_of(place) if is_ours and place is not None else self._show_view(*self.resolve(name))

    def read_table(self, relation: Any) -> None:
        """Rewrite a read, by name, of a table or view of the lakehouse to what Spark can read."""
        table = relation.read.named_table
        name = table.unparsed_identifier
        parts = split(name)
        if len(parts) == 2 and "/" in parts[1]:
            return
        if len(parts) == 1 and self._is_in_lake(name) and self.has_view(parts[0].lower()):
            self.refresh()
            return
        place = self.folder(name)
        if place is not None and is_delta(place):
            schema, _ = self.resolve(name)
            self._read(relation, place, dict(table.options))
            _name_as(relation, [schema, parts[-1]])
        elif self.view_file(name).exists():
            schema, view = self.resolve(name)
            table.unparsed_identifier = quote([self._show_view(schema, view)])
            _name_as(relation, [schema, parts[-1]])
        else:
            self.refresh()
            if (made := self.canonical(name)) != parts:
                table.unparsed_identifier = quote(made)

    def canonical(self, name: str) -> list[str]:
        """Return the parts of a name as Spark knows them: without a lakehouse in front, and `dbo` for its synonyms."""
        parts = split(name)
        if len(parts) < 2:
            return parts
        schema, _ = self.resolve(name)
        return parts if len(parts) == 2 and parts[0].lower() == schema else [schema, parts[-1]]

    def read_path(self, relation: Any) -> None:
        source = relation.read.data_source
        path = source.paths[0] if source.paths else source.options.get("path", "")
        if not is_delta(Path(path)):
            raise AnalysisException(f"[DELTA_TABLE_NOT_FOUND] {path} is not a Delta table. SQLSTATE: 42P01")
        self._read(relation, Path(path), dict(source.options))

    def view_file(self, name: str) -> Path:
        """Return the file of the view that lasts of this name, whether there is one or not."""
        return lake_views.file_of(self.lake, *self.resolve(name))

    def view_of(self, place: Path) -> str:
        """Show the newest version of the Delta table at a path to Spark, and return the name of its temporary view."""
        name = f"delta_{uuid.uuid5(uuid.NAMESPACE_URL, str(place)).hex[:12]}"
        if self._shown.get(name) != (place, newest_commit(place)):
            self._show(name, place)
        return name

    def view_at(self, place: Path, version: str | None, timestamp: str | None) -> str:
        """Show a version of the Delta table at a path to Spark, and return the name of its temporary view."""
        name = f"delta_{uuid.uuid5(uuid.NAMESPACE_URL, f'{place}@{version or timestamp}').hex[:12]}"
        table = open_table(place, version, timestamp)
        self._create_view(name, table)
        self._shown_at[name] = (place, table.version())
        return name

    def source_of(self, view: str) -> dict[str, Any] | None:
        """Return the table that a temporary view made here reads, by its name or path, with the version of one that is
        fixed; None for other views.
        """
        place, version = self._shown_at.get(view) or (self._shown.get(view, (None,))[0], None)
        if place is None:
            return None
        fixed = {} if version is None else {"version": version}
        if not place.is_relative_to(self.lake):
            return {"path": str(place), **fixed}
        parts = place.relative_to(self.lake).parts
        return {"table_name": ".".join(part if part.isidentifier() else quote([part]) for part in parts), **fixed}

    def refresh(self) -> None:
        """Show newer versions of the tables that temporary views of the user may read."""
        for name, (place, commit) in list(self._shown.items()):
            newest = newest_commit(place)
            if not newest:
                self.forget(place)
            elif newest != commit:
                self._show(name, place)

    def forget(self, place: Path) -> str:
        """Forget a table that was dropped, and return the name of its temporary view."""
        name = f"delta_{uuid.uuid5(uuid.NAMESPACE_URL, str(place)).hex[:12]}"
        self._shown.pop(name, None)
        return name

    def state(self, place: Path) -> tuple[int, str]:
        """Return the version of a Delta table and its columns as JSON text."""
        table = open_table(place)
        return table.version(), table.schema().to_json()

    def _is_in_lake(self, name: str) -> bool:
        return self.is_table(name) or self.view_file(name).exists()

    def _show_view(self, schema: str, name: str) -> str:
        """Show a view that lasts to Spark, anew each time: its file, or what it reads, may have changed."""
        shown = f"view_{uuid.uuid5(uuid.NAMESPACE_URL, f'{schema}.{name}').hex[:12]}"
        full = f"{schema}.{name}"
        if full in self._showing:
            chain = " -> ".join([*self._showing, full])
            raise AnalysisException(f"[RECURSIVE_VIEW] The view {full} reads itself: {chain}. SQLSTATE: 42K0H")
        view = lake_views.read(lake_views.file_of(self.lake, schema, name))
        if view is None or self.execute is None:
            raise AnalysisException(f"[TABLE_OR_VIEW_NOT_FOUND] The view {full} cannot be read. SQLSTATE: 42P01")
        self._showing.append(full)
        try:
            self.execute(_view_command(shown, view))
        finally:
            self._showing.pop()
        return shown

    def target(self, write: Any) -> Path | None:
        """Return the folder of the Delta table that a `WriteOperation` writes; None if it writes something else."""
        form = write.source.lower()
        if write.WhichOneof("save_type") == "table":
            return self._target_table(write, form)
        return Path(write.path) if form == "delta" and write.path else None

    def _target_table(self, write: Any, form: str) -> Path | None:
        name = write.table.table_name
        found = self.folder(name)
        if found is not None and is_delta(found):
            return found
        write.table.table_name = quote(self.canonical(name))
        if form not in ("", "delta") or (form == "" and found is not None and is_table(found)):
            return None
        return self.new_folder(name)

    def new_folder(self, name: str) -> Path:
        """Return the folder for a new Delta table. Raises AnalysisException if there cannot be one of this name."""
        schema, table = self.resolve(name)
        home, full = self.home(schema), f"{schema}.{table}"
        if schema != DEFAULT and not home.is_dir():
            raise AnalysisException(
                f"[SCHEMA_NOT_FOUND] There is no schema {schema} in this workspace. Write CREATE SCHEMA {schema} "
                "before the table, or omit the schema. SQLSTATE: 42704"
            )
        place = home / split(name)[-1]
        if self.view_file(name).exists():
            raise AnalysisException(f"[TABLE_OR_VIEW_ALREADY_EXISTS] There is a view {full} already. SQLSTATE: 42P07")
        if schema == DEFAULT and existing(place) in self.schemas() and any(existing(place).iterdir()):
            raise AnalysisException(f"[SCHEMA_ALREADY_EXISTS] {table} is a schema: choose another name for the table.")
        if is_table(existing(place)):
            raise AnalysisException(
                f"[UNSUPPORTED_FEATURE.DELTA] {full} is a table of Parquet files, which cannot become a Delta table "
                'here. Way out: omit format("delta"), drop the table first, or choose another name.'
            )
        return place

    def to_first_version(self, command: Any) -> None:
        """Convert `frame.writeTo(table)` (DataFrameWriterV2) to the equivalent `WriteOperation`."""
        new = command.write_operation_v2
        mode = _MODES.get(new.mode, "")
        options = dict(new.options)
        name, provider = new.table_name, new.provider
        found = self.folder(name)
        if provider.lower() not in ("", "delta") or (not provider and found is not None and not is_delta(found)):
            new.table_name = quote(self.canonical(name))
            return
        if mode == "overwrite_partitions":
            options["partitionOverwriteMode"] = "dynamic"
        if mode == "overwrite" and new.HasField("overwrite_condition") and not _is_true(new.overwrite_condition):
            options["replaceWhere"] = text_of_plan(new.overwrite_condition)
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
    def writing(self, write: Any, target: Path, version: int | None, *, is_dynamic: bool) -> Iterator[None]:
        """Let Spark write Parquet files beside the table, then commit them. On any error the table does not change.
        With `version`, the rows are all that the table has afterwards, and the commit fails if it is a newer one by
        then. `is_dynamic`: an overwrite replaces only the partitions that the new rows have.
        """
        exists = is_delta(target)
        given = {key.lower(): value for key, value in write.options.items()}
        self.check(write.options, writing=True)
        if write.WhichOneof("save_type") == "table":
            if "path" in given:
                raise AnalysisException(
                    "[UNSUPPORTED_FEATURE.DELTA] saveAsTable with a path: Delta tables lie in Tables here. Way out: "
                    "omit the path, write .save(path) and read that, or run this cell on the quick engine."
                )
            if write.table.save_method == write.table.TABLE_SAVE_METHOD_INSERT_INTO:
                _by_position(write, target)
        if write.mode == write.SAVE_MODE_IGNORE and exists:
            _write_files(write, target)  # mode "ignore": the folder exists, so Spark writes nothing
            yield
            return
        if exists and write.mode in (write.SAVE_MODE_ERROR_IF_EXISTS, write.SAVE_MODE_UNSPECIFIED):
            raise AnalysisException(
                f"[TABLE_OR_VIEW_ALREADY_EXISTS] {target.name} already exists. "
                'Write with mode("overwrite") to replace it, or mode("append") to add to it. SQLSTATE: 42P07'
            )
        overwrite = write.mode == write.SAVE_MODE_OVERWRITE or (write.table.save_method == 2 and write.mode == 2)
        partitions = list(write.partitioning_columns)
        if exists:
            table = open_table(target)
            if is_repeated(table, given):
                _write_files(write, target)  # nothing, as above
                yield
                return
            where = given.get("replacewhere", "")
            if overwrite and version is None and (where or is_dynamic):
                columns = self.columns_of(write.input)
                overwriting.keep_rest(write.input, self.view_of(target), table, where, columns)
                version = table.version()
            constraints.check_rows(write.input, table, target.name)
            if not partitions:
                partitions = table.metadata().partition_columns
                write.partitioning_columns.extend(partitions)
        types = self.columns_of(write.input) if partitions else {}
        draft = target / f"_writing_{uuid.uuid4().hex}"
        try:
            _write_files(write, draft)
            yield
            commit_files(target, draft, partitions, types, overwrite, given, version)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            if target.is_dir() and not any(target.iterdir()):
                target.rmdir()

    def check(self, options: Mapping[str, str], *, writing: bool) -> None:
        """Refuse the options that would change the answer, and say once each which have no effect."""
        try:
            check_delta(options, writing, self._warn, TRANSACTIONS if writing else frozenset())
        except RefusedOption as error:
            raise AnalysisException(f"[UNSUPPORTED_FEATURE.DELTA] {error}") from error

    def _show(self, name: str, place: Path) -> None:
        commit, table = newest_commit(place), open_table(place)
        self._shown[name] = (place, commit)
        self._create_view(name, table)

    def _create_view(self, name: str, table: Any) -> None:
        from pyspark.sql.connect.proto import commands_pb2, relations_pb2

        if self.execute is None:
            return
        relation = relations_pb2.Relation()
        _fill(relation, table)
        command = commands_pb2.Command()
        command.create_dataframe_view.name = name
        command.create_dataframe_view.replace = True
        command.create_dataframe_view.input.CopyFrom(relation)
        self.execute(command)

    def _read(self, relation: Any, place: Path, options: dict[str, str]) -> None:
        given = {key.lower(): value for key, value in options.items()}
        self.check(options, writing=False)
        table = open_table(place, given.get("versionasof"), given.get("timestampasof"))
        common = type(relation.common)()
        common.CopyFrom(relation.common)
        relation.Clear()
        _fill(relation, table)
        relation.common.CopyFrom(common)


def _view_command(name: str, view: LakeView) -> Any:
    """The command that creates a temporary view of a query, whose names mean the tables of the view's schema."""
    from pyspark.sql.connect.proto import commands_pb2

    def full(used: list[str]) -> list[str] | None:
        return [view.current, *used] if len(used) == 1 else None

    command = commands_pb2.Command()
    made = command.create_dataframe_view
    made.name, made.replace = name, True
    relation = made.input.to_df.input if view.names else made.input
    relation.sql.query = replace_read_tables(view.query, full)
    if view.names:
        made.input.to_df.column_names.extend(view.names)
    return command


def _by_position(write: Any, target: Path) -> None:
    """Let insertInto give each column the name of the table's column in its place, and append unless it overwrites."""
    if write.mode != write.SAVE_MODE_OVERWRITE:
        write.mode = write.SAVE_MODE_APPEND
    names = [column["name"] for column in json.loads(open_table(target).schema().to_json())["fields"]]
    given = type(write.input)()
    given.CopyFrom(write.input)
    write.input.Clear()
    write.input.to_df.input.CopyFrom(given)
    write.input.to_df.column_names.extend(names)


def _name_as(relation: Any, parts: list[str]) -> None:
    """Let columns of a relation be named with its table and schema in front."""
    made = type(relation)()
    made.common.CopyFrom(relation.common)
    relation.ClearField("common")
    made.subquery_alias.input.CopyFrom(relation)
    made.subquery_alias.alias = parts[-1]
    made.subquery_alias.qualifier.extend(parts[:-1])
    relation.CopyFrom(made)


def _is_true(expression: Any) -> bool:
    return bool(expression.literal.boolean)


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
    source.paths.extend(escape(path) for path in files)
    source.options["basePath"] = str(Path(table.table_uri.removeprefix("file://")))
    for name in names:
        made = relation.project.expressions.add()
        made.unresolved_attribute.unparsed_identifier = "`" + name.replace("`", "``") + "`"


def escape(path: str) -> str:
    """Escape glob characters in a file's path."""
    return re.sub(r"([\[\]{}*?\\])", r"\\\1", path)


def _write_files(write: Any, place: Path) -> None:
    write.source = "parquet"
    write.path = str(place)
    write.mode = write.SAVE_MODE_IGNORE if place.exists() else write.SAVE_MODE_ERROR_IF_EXISTS
    for key in [key for key in write.options if key.lower() in _OPTIONS]:
        del write.options[key]
