"""Created schemas on Apache Spark: folders in `Tables`, as on the quick engine, each a database of the same name.

The folders are what lasts and what both engines share; the databases end with the server of the workspace.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pyspark.errors import AnalysisException, PySparkException

from handloom.session import dropping, lake_views
from handloom.session.apache.delta import DeltaTables
from handloom.session.apache.log import is_delta
from handloom.session.quick.names import DEFAULT, UnknownLakehouse, quote
from handloom.session.quick.statements import text

_NAME = r"(?P<name>(?:`(?:[^`]|``)*`|[\w.])+)"
_USE = re.compile(rf"\s*USE\s+(?:(?:DATABASE|SCHEMA|NAMESPACE)\s+)?{_NAME}\s*;?\s*", re.I)
_CREATE = re.compile(
    rf"\s*CREATE\s+(?:DATABASE|SCHEMA|NAMESPACE)\s+(?P<missing>IF\s+NOT\s+EXISTS\s+)?{_NAME}(?P<rest>.*?);?\s*",
    re.I | re.S,
)
_DROP = re.compile(
    rf"\s*DROP\s+(?:DATABASE|SCHEMA|NAMESPACE)\s+(?P<exists>IF\s+EXISTS\s+)?{_NAME}\s*(?P<how>CASCADE|RESTRICT)?\s*;?\s*",
    re.I,
)
_OTHER = re.compile(
    rf"\s*(?:DESC|DESCRIBE|ALTER)\s+(?:DATABASE|SCHEMA|NAMESPACE)\s+(?:EXTENDED\s+)?{_NAME}(?:\s.*)?", re.I | re.S
)
_LOCATION = re.compile(r"\bLOCATION\b", re.I)


class Schemas:
    """The schemas of one session. `run` executes a statement as it is."""

    def __init__(self, delta: DeltaTables) -> None:
        self._delta = delta
        self._known: set[str] = set()
        self.run: Callable[[str], Any] = lambda sql: None

    def open(self) -> list[str]:
        """Create the databases of all schemas and make the default one current; return problems for people."""
        self._delta.lake.mkdir(exist_ok=True)
        self._create(DEFAULT, str(self._delta.lake))
        self.run(f"USE {quote([self._delta.current])}")
        problems = self._register(DEFAULT)
        for folder in self._delta.schemas():
            self._create(folder.name.lower(), str(folder))
            problems += self._register(folder.name.lower())
        return problems

    def find(self) -> None:
        """Create the databases of schemas that other sessions have created since."""
        for folder in self._delta.schemas():
            if folder.name.lower() not in self._known:
                self._create(folder.name.lower(), str(folder))

    def name(self, given: str) -> str:
        """A schema's name as Spark has it. Raises AnalysisException for one of another lakehouse."""
        try:
            return self._delta.names.schema(given)
        except UnknownLakehouse as error:
            raise AnalysisException(f"[SCHEMA_NOT_FOUND] {error} SQLSTATE: 42704") from error

    def statement(self, sql: str) -> str | None:
        """Do what a statement about schemas does to the folders; return the one for Spark, None for any other."""
        if match := _USE.fullmatch(sql):
            self.find()
            return f"USE {quote([self._use(match['name'])])}"
        if match := _CREATE.fullmatch(sql):
            return self._created(match)
        if match := _DROP.fullmatch(sql):
            return self._dropped(match)
        if match := _OTHER.fullmatch(sql):
            self.find()
            start, end = match.span("name")
            return sql[:start] + quote([self.name(match["name"])]) + sql[end:]
        return None

    def use(self, name: str) -> str:
        """Make a schema the current one, as `setCurrentDatabase` does; return its name for Spark."""
        self.find()
        return self._use(name)

    def _use(self, given: str) -> str:
        name = self.name(given)
        if name == DEFAULT or self._delta.home(name).is_dir():
            self._delta.current = name
        return name

    def _created(self, match: re.Match[str]) -> str:
        self.find()
        name, rest = self.name(match["name"]), match["rest"]
        if _LOCATION.search(rest):
            raise AnalysisException(
                f"[UNSUPPORTED_FEATURE.SCHEMA_LOCATION] The schema {name} cannot lie elsewhere: schemas are folders in "
                "Tables of the workspace. Way out: omit LOCATION, or write the tables with a path of their own."
            )
        if not re.fullmatch(r"\w[\w\- ]*", name):
            raise AnalysisException(
                f"[INVALID_SCHEMA_OR_RELATION_NAME] {name} is no name for a schema. SQLSTATE: 42602"
            )
        folder = self._delta.home(name)
        if name != DEFAULT and folder.is_dir() and dropping.is_table(folder):
            raise AnalysisException(
                f"[SCHEMA_ALREADY_EXISTS] There is a table {name}: choose another name. SQLSTATE: 42P06"
            )
        is_new = name != DEFAULT and not folder.is_dir()
        if is_new:
            folder.mkdir(parents=True)
            self._known.add(name)
        missing = "IF NOT EXISTS " if match["missing"] or is_new else ""
        return f"CREATE DATABASE {missing}{quote([name])}{rest} LOCATION {text(str(folder))}"

    def _dropped(self, match: re.Match[str]) -> str:
        self.find()
        name = self.name(match["name"])
        is_cascade = (match["how"] or "").upper() == "CASCADE"
        lake_views.require_droppable(self._delta.lake, name, cascade=is_cascade)
        if is_cascade:
            folder = self._delta.home(name)
            for place in folder.iterdir() if folder.is_dir() else ():
                if is_delta(place):
                    self.run(f"DROP VIEW IF EXISTS `{self._delta.forget(place)}`")
            lake_views.drop_schema(self._delta.lake, name)
        self._known.discard(name)
        return f"DROP DATABASE {match['exists'] or ''}{quote([name])} {match['how'] or ''}"

    def _create(self, name: str, folder: str) -> None:
        self.run(f"CREATE DATABASE IF NOT EXISTS {quote([name])} LOCATION {text(folder)}")
        self._known.add(name)

    def _register(self, schema: str) -> list[str]:
        """Register the tables of Parquet files of earlier sessions; one that cannot be opened is a problem to tell."""
        problems = []
        home = self._delta.home(schema)
        for place in sorted(home.iterdir()):
            if (
                not place.is_dir()
                or place.name.startswith((".", "_"))
                or is_delta(place)
                or not dropping.is_table(place)
            ):
                continue
            name = quote([schema, place.name])
            try:
                self.run(f"CREATE TABLE IF NOT EXISTS {name} USING parquet LOCATION {text(str(place))}")
            except PySparkException as error:
                problems.append(f"Warning: {place} cannot be opened as a table: {str(error)[:300]}")
        return problems
