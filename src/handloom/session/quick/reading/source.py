"""Rewrite a read of local files so that the quick engine gives what Apache Spark gives.

The files are listed here, by Spark's rules. CSV, JSON, ORC and unusual Parquet are converted to Parquet in a folder of
the session; other files are read where they lie. The engine then gets Parquet with a schema.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import types as spark_types
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from handloom.session.quick.reading import (
    csv_files,
    files,
    json_files,
    options,
    other_files,
    parquet_files,
    patterns,
    stage,
    values,
)
from handloom.session.quick.reading.files import Choice, DataFile
from handloom.session.quick.reading.options import Warn
from handloom.session.quick.reading.stage import Stage

FORMATS = frozenset(options.READING)
_KNOWN_ERRORS = (
    options.RefusedOption,
    files.BadLayout,
    patterns.UnknownPattern,
    parquet_files.UnreadableColumn,
    values.UnsupportedType,
    csv_files.BadRecord,
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the engine is to read. `casts` are partition columns whose null only a cast of their text keeps."""

    paths: tuple[str, ...]
    form: str
    schema: spark_types.StructType
    casts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A read as the user wrote it, with local paths."""

    form: str
    paths: tuple[str, ...]
    options: dict[str, str]
    schema: spark_types.StructType | None
    zone: str


class QuickReader:
    """Prepares the reads of one session."""

    def __init__(self, warn: Warn, parse_ddl: Callable[[str], Any]) -> None:
        self._warn = warn
        self._parse_ddl = parse_ddl
        self._stage = Stage()

    def prepare(self, source: Any, zone: str) -> Prepared:
        """What to read in place of a `Read.DataSource` whose paths are local. Raises AnalysisException."""
        form = source.format.lower()
        try:
            asked = options.checked(form, source.options, False, self._warn)
            request = ReadRequest(form, tuple(source.paths), asked, self._schema(source.schema), zone)
            return self._prepare(request)
        except _KNOWN_ERRORS as error:
            raise AnalysisException(str(error)) from error
        except ValueError as error:
            raise AnalysisException(f"{form}: {error}") from error

    def _schema(self, text: str) -> spark_types.StructType | None:
        if not text:
            return None
        if text.startswith("{"):
            return spark_types.StructType.fromJson(json.loads(text))
        parsed = self._parse_ddl(text)
        assert isinstance(parsed, spark_types.StructType)
        return parsed

    def _prepare(self, request: ReadRequest) -> Prepared:
        choice = _choice(request.options)
        roots = [found for path in request.paths for found in files.expand(path)]
        found = files.listed(roots, choice)
        partitions = files.partition_types(found)
        schema = request.schema
        key = stage.key_of(found, request.form, request.options, schema.json() if schema else "", request.zone)
        prepared = self._stage.known(key)
        if prepared is None:
            prepared = self._made(request, found, partitions, key)
            self._stage.remember(key, prepared)
        assert isinstance(prepared, Prepared)
        return prepared

    def _made(
        self, request: ReadRequest, found: list[DataFile], partitions: dict[str, pa.DataType], key: str
    ) -> Prepared:
        data_schema = None
        if request.schema is not None:
            inside = [field for field in request.schema if field.name not in partitions]
            data_schema = spark_types.StructType(inside)
        if not found and data_schema is None and request.form in ("csv", "json", "parquet", "orc"):
            raise AnalysisException(
                f"[UNABLE_TO_INFER_SCHEMA] There is no {request.form} file in {', '.join(request.paths)}, "
                "so its columns are unknown. Give them with .schema(...). SQLSTATE: 42KD9"
            )
        folder = self._stage.folder(key)
        form, schema, converted = _FORMATS[request.form](self, request, found, data_schema, folder)
        fields = list(schema.fields)
        casts: list[tuple[str, str]] = []
        for name, kind in partitions.items():
            field = _partition_field(name, kind, request.schema)
            nulls = any(dict(file.partitions)[name] is None for file in found)
            if nulls:
                casts.append((name, field.dataType.simpleString()))
                field = spark_types.StructField(name, spark_types.StringType())
            fields = [known for known in fields if known.name.lower() != name.lower()] + [field]
        if converted or partitions:
            paths: tuple[str, ...] = (str(folder),)
            folder.mkdir(parents=True, exist_ok=True)
            if not converted:
                _link(found, folder, request.form)
        else:
            paths = tuple(_openable(file, folder, number) for number, file in enumerate(found))
        if not paths:
            folder.mkdir(parents=True, exist_ok=True)
            paths = (str(folder),)
        return Prepared(paths, form, spark_types.StructType(fields), tuple(casts))

    def _csv(self, request: ReadRequest, found: list[DataFile], schema: Any, folder: Path) -> Any:
        ask = csv_files.asked(request.options, request.zone)
        paths = [file.path for file in found]
        if schema is None:
            arrow = csv_files.inferred(paths, ask, csv_files.names(paths, ask), self._warn)
            struct = from_arrow_schema(arrow)
        else:
            arrow, struct = to_arrow_schema(schema, timezone="UTC"), schema
        csv_files.check_header(paths, ask, arrow, self._warn)
        if arrow.names:
            for number, file in enumerate(found):
                csv_files.convert(file.path, stage.place(folder, file, number, ".parquet"), ask, arrow, self._warn)
        return "parquet", _nullable(struct), True

    def _json(self, request: ReadRequest, found: list[DataFile], schema: Any, folder: Path) -> Any:
        ask = json_files.asked(request.options, request.zone)
        if schema is None:
            arrow = json_files.inferred([file.path for file in found], ask)
            struct = from_arrow_schema(arrow)
        else:
            arrow, struct = to_arrow_schema(schema, timezone="UTC"), schema
        for number, file in enumerate(found):
            json_files.convert(file.path, stage.place(folder, file, number, ".parquet"), ask, arrow)
        return "parquet", _nullable(struct), True

    def _parquet(self, request: ReadRequest, found: list[DataFile], schema: Any, folder: Path) -> Any:
        schemas = [parquet_files.schema_of(file.path) for file in found]
        strange = request.form == "orc" or any(parquet_files.must_convert(known) for known in schemas)
        if schema is None:
            merged = [parquet_files.spark_schema(known) for known in schemas]
            if not options.flag(request.options, "mergeSchema"):
                merged = merged[:1]
            schema = from_arrow_schema(pa.unify_schemas(merged, promote_options="permissive"))
        if strange:
            for number, file in enumerate(found):
                parquet_files.convert(file.path, stage.place(folder, file, number, ".parquet"), self._warn)
        return "parquet", _nullable(schema), strange

    def _text(self, request: ReadRequest, found: list[DataFile], schema: Any, folder: Path) -> Any:
        for number, file in enumerate(found):
            place = stage.place(folder, file, number, ".parquet")
            other_files.convert_text(file.path, place, request.options)
        return "parquet", schema or from_arrow_schema(other_files.TEXT), True

    def _binary(self, request: ReadRequest, found: list[DataFile], schema: Any, folder: Path) -> Any:
        groups: dict[Any, list[DataFile]] = {}
        for file in found:
            groups.setdefault(file.partitions, []).append(file)
        for number, group in enumerate(groups.values()):
            place = stage.place(folder, group[0], number, ".parquet")
            other_files.convert_binary([file.path for file in group], place)
        return "parquet", schema or from_arrow_schema(other_files.BINARY), True


_FORMATS: dict[str, Callable[..., Any]] = {
    "csv": QuickReader._csv,
    "json": QuickReader._json,
    "parquet": QuickReader._parquet,
    "orc": QuickReader._parquet,
    "text": QuickReader._text,
    "binaryfile": QuickReader._binary,
}


def _choice(given: dict[str, str]) -> Choice:
    base = given.get("basepath")
    return Choice(
        recursive=options.flag(given, "recursiveFileLookup"),
        glob=given.get("pathglobfilter", ""),
        after=_moment(given.get("modifiedafter")),
        before=_moment(given.get("modifiedbefore")),
        base=Path(base) if base else None,
    )


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC).timestamp()


def _nullable(struct: spark_types.StructType) -> spark_types.StructType:
    return spark_types.StructType([spark_types.StructField(field.name, field.dataType, True) for field in struct])


def _partition_field(name: str, kind: pa.DataType, asked: spark_types.StructType | None) -> spark_types.StructField:
    for field in asked or ():
        if field.name.lower() == name.lower():
            return spark_types.StructField(field.name, field.dataType, True)
    return from_arrow_schema(pa.schema([pa.field(name, kind)])).fields[0]


def _link(found: Sequence[DataFile], folder: Path, form: str) -> None:
    for number, file in enumerate(found):
        link = stage.place(folder, file, number, file.path.suffix or f".{form}")
        if not link.exists():
            link.symlink_to(file.path)


def _openable(file: DataFile, folder: Path, number: int) -> str:
    """The path itself, or a link to it where the engine would take the name for a glob."""
    if not any(sign in str(file.path) for sign in "[]*?{}"):
        return str(file.path)
    link = stage.place(folder, file, number, file.path.suffix)
    if not link.exists():
        link.symlink_to(file.path)
    return str(link)
