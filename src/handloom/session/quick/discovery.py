"""Tell the engine's catalog of tables and views of the lakehouse that it does not know yet, or that have changed.

Another session or program may write them at any time; what a query names is looked for before the query is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Protocol

from pyspark.errors import AnalysisException, PySparkException

from handloom.session import lake_views
from handloom.session.lake_views import LakeView
from handloom.session.quick.names import FORMATS, Names, UnknownLakehouse, quote, table_names
from handloom.session.quick.reading.options import WAY_OUT
from handloom.session.quick.statements import sql_of_view

_LISTS_TABLES = re.compile(r"\s*SHOW\s+(?:TABLES|VIEWS)\b", re.I)
_DROPS = re.compile(r"\s*(?:DROP|CREATE)\b", re.I)


class DiscoverySession(Protocol):
    """What discovery asks of its session."""

    def run_as_it_is(self, sql: str) -> None: ...
    def run_within(self, sql: str) -> None: ...
    def current(self) -> str: ...
    def columns_of(self, query: str) -> Sequence[tuple[str, str]]: ...
    def warn(self, text: str) -> None: ...


class Discovery:
    """What the engine of one session knows of the lakehouse."""

    def __init__(self, names: Names, session: DiscoverySession) -> None:
        self._names = names
        self._session = session
        self._discovered: set[tuple[str, ...]] = set()
        self._views: dict[tuple[str, str], tuple[int, list[list[str]]]] = {}
        """The views that last which the engine knows, with the time of change of their files and what they read."""
        self._registering: list[tuple[str, str]] = []
        """The views that are being registered now, each because of the one before it."""

    @property
    def is_registering(self) -> bool:
        """Whether a view that lasts is on its way to the engine."""
        return bool(self._registering)

    def forget(self) -> None:
        """A command has run, which may have changed tables."""
        self._discovered.clear()

    def discover_in(self, sql: str) -> None:
        if _LISTS_TABLES.match(sql):
            self.discover_all()
        elif not _DROPS.match(sql):
            self.discover(table_names(sql))
        elif sql.lstrip()[:4].upper() != "DROP":  # CREATE: the first name is the one that it makes
            made, *read = table_names(sql) or [[]]
            is_view = lake_views.CREATE.fullmatch(sql) and len(made) == 2 and not self._registering
            with self._within((made[0], made[1])) if is_view else nullcontext():
                self.discover(read)

    def discover(self, names: list[list[str]]) -> None:
        """Register tables that were written into the lakehouse by path, by this session or by another program."""
        for parts in names:
            try:
                name = self._names.canonical(parts)
            except UnknownLakehouse:
                continue
            if (len(name) == 2 and name[0] in FORMATS) or tuple(name) in self._discovered:
                continue
            folder = self._names.folder(name, self._session.current() if len(name) == 1 else "")
            if any((folder / "_delta_log").glob("*.json")):
                self._discovered.add(tuple(name))
                location = folder.as_posix().replace("'", "\\'")
                self._require_schema(name[0] if len(name) == 2 else "dbo")
                self._session.run_as_it_is(
                    f"CREATE TABLE IF NOT EXISTS {quote(name)} USING delta LOCATION '{location}'"
                )
            else:
                schema, table = name if len(name) == 2 else (self._session.current(), name[-1])
                self._discover_view(schema, table)

    def _require_schema(self, schema: str) -> None:
        """Let the engine know a schema that another session has made, or that came back from the bin."""
        if schema != "dbo":
            location = (self._names.tables / schema).as_posix().replace("'", "\\'")
            self._session.run_as_it_is(f"CREATE DATABASE IF NOT EXISTS {quote([schema])} LOCATION '{location}'")

    def _discover_view(self, schema: str, name: str) -> None:
        """Register a view that lasts, again where another session has changed it, or forget one that is gone."""
        key = (schema, name)
        file = lake_views.file_of(self._names.tables, schema, name)
        stamp = file.stat().st_mtime_ns if file.exists() else 0
        known, used = self._views.get(key, (0, []))
        view = lake_views.read(file) if stamp and stamp != known else None
        if view is None and (not known or stamp != known):
            if self._views.pop(key, None) is not None:
                self._session.run_as_it_is(f"DROP VIEW IF EXISTS {quote([schema, name])}")
            return
        used = used if view is None else _full_names(view)
        with self._within(key):
            self.discover(used)
            if view is not None:
                self._require_schema(schema)
                self._session.run_within(sql_of_view(list(key), view, self._names))
                self._views[key] = stamp, used

    @contextmanager
    def _within(self, key: tuple[str, str]) -> Iterator[None]:
        """Meanwhile, what is discovered is read by this view. Raises AnalysisException for a view that reads itself."""
        if key in self._registering:
            chain = " -> ".join(".".join(one) for one in [*self._registering, key])
            raise AnalysisException(f"[RECURSIVE_VIEW] The view {'.'.join(key)} reads itself: {chain}. SQLSTATE: 42K0H")
        self._registering.append(key)
        try:
            yield
        finally:
            self._registering.pop()

    def keep_view(self, name: Sequence[str], view: LakeView) -> None:
        """Write the file of a view that the engine has taken, and can use: it writes the query anew."""
        schema, table = name
        try:
            columns = [list(column) for column in self._session.columns_of(f"SELECT * FROM {quote(list(name))}")]
        except PySparkException as error:
            self._session.run_as_it_is(f"DROP VIEW IF EXISTS {quote(list(name))}")
            raise AnalysisException(
                f"The quick engine cannot use the view {schema}.{table} of this query, and did not keep it. Names with "
                f"spaces or other signs in the query are a known cause: give such columns plain names. "
                f"{WAY_OUT} ({error})"
            ) from error
        file = lake_views.file_of(self._names.tables, schema, table)
        lake_views.write(file, replace(view, columns=columns))
        self._views[(schema, table)] = file.stat().st_mtime_ns, _full_names(view)

    def discover_all(self) -> None:
        """Register what `_discover` would, for statements that list tables."""
        root = self._names.tables
        logs = [*root.glob("*/_delta_log"), *root.glob("*/*/_delta_log")]
        found = [list(log.parent.relative_to(root).parts) for log in logs]
        for parts in found:
            try:
                self.discover([["dbo", *parts] if len(parts) == 1 else parts])
            except PySparkException as error:
                self._session.warn(f"The table {'.'.join(parts)} cannot be opened: {str(error)[:300]}")
        for schema, name in {*lake_views.all_of(root), *self._views}:
            try:
                self._discover_view(schema, name)
            except PySparkException as error:
                self._session.warn(f"The view {schema}.{name} cannot be used: {str(error)[:300]}")


def _full_names(view: LakeView) -> list[list[str]]:
    """What a view reads, each with its schema."""
    return [[view.current, *parts] if len(parts) == 1 else parts for parts in table_names(view.query)]
