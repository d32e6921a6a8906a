"""Read the database of an MLflow server (SQLite or PostgreSQL) with plain SQL. Never writes to it.

Columns that a release lacks are read as empty, which supports stores of MLflow 1.x to 3.x.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Row, Table, create_engine, func, make_url, select
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from handloom.domain.datasets import Dataset, DatasetInput
from handloom.domain.errors import Invalid, Unavailable
from handloom.domain.metrics import LARGEST
from handloom.domain.records import (
    MAX_POINTS,
    EvaluationDatasetRecord,
    ExperimentRecord,
    LoggedModelRecord,
    PointsRecord,
    RunRecord,
    ScorerRecord,
    TraceRecord,
)
from handloom.domain.runs import ModelLink
from handloom.transfer import file_stores
from handloom.transfer.mlflow import evaluation, sql_models
from handloom.transfer.mlflow.mapping import experiment_record, run_record
from handloom.transfer.mlflow.traces import sql as sql_traces
from handloom.transfer.progress import counted
from handloom.transfer.source import FileSet, SourceWebhook

PAGE = 200  # runs
FETCHED = 1_000  # rows that are fetched at once
_UNSUPPORTED_TABLES = (("gateway endpoint", "endpoints"), ("user", "users"))


class SqlStore:
    """An MLflow store. `workspace` selects one if the store has several."""

    def __init__(self, url: str, artifact_root: str | None, workspace: str = "default") -> None:
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise Invalid("The address of the store is not a database URL such as sqlite:///mlflow.db.") from error
        self.name = parsed.render_as_string(hide_password=True)
        self._root, self._workspace, self._base = artifact_root, workspace, Path.cwd()
        if parsed.get_backend_name() == "sqlite":
            path = Path(parsed.database or "")
            if not path.is_file():
                raise Invalid(f"There is no file {path}.")
            self._base = path.absolute().parent
            self._engine = create_engine(f"sqlite:///file:{path.absolute()}?mode=ro&uri=true")
        elif parsed.get_backend_name() == "postgresql":
            self._engine = create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
        else:
            raise Invalid(
                f"A store of {parsed.get_backend_name()} cannot be read; import from the running server instead."
            )
        self._metadata = MetaData()
        self._skipped: list[tuple[str, str]] = []
        self._rank: dict[str, int] = {}
        self._series: Iterator[tuple[tuple[str, str], Iterator[Row[Any]]]] = iter(())
        self._next_series: tuple[tuple[str, str], Iterator[Row[Any]]] | None = None
        try:
            self._reflect()
        except BaseException:
            self.close()
            raise

    def _reflect(self) -> None:
        try:
            self._metadata.reflect(self._engine)
        except SQLAlchemyError as error:
            raise Unavailable(f"{self.name} cannot be opened: {str(error).splitlines()[0]}") from error
        if not {"experiments", "runs", "metrics"} <= self._metadata.tables.keys():
            raise Invalid(f"{self.name} is not the store of an MLflow server.")

    def table(self, name: str) -> Table | None:
        return self._metadata.tables.get(name)

    def rows(self, statement: Any) -> Iterator[dict[str, Any]]:
        names: list[str] = []
        for row in self._stream(statement):
            names = names or list(row._fields)
            yield dict(zip(names, row, strict=True))

    def _stream(self, statement: Any) -> Iterator[Row[Any]]:
        try:
            with self._engine.connect() as connection:
                for rows in connection.execution_options(stream_results=True).execute(statement).partitions(FETCHED):
                    yield from rows
        except SQLAlchemyError as error:
            raise Unavailable(f"{self.name} cannot be read: {str(error).splitlines()[0]}") from error

    def of(self, name: str, *conditions: Any) -> Iterator[dict[str, Any]]:
        """Yield all rows of a table in the selected workspace; none if the store's release has no such table."""
        table = self.table(name)
        if table is not None:
            yield from self.rows(self.here(select(table), table).where(*conditions))

    def here(self, statement: Any, table: Table) -> Any:
        """Limit a statement to the selected workspace's rows, if the table has a workspace column."""
        return statement.where(table.c.workspace == self._workspace) if "workspace" in table.c else statement

    def grouped(self, name: str, column: str, ids: Sequence[Any]) -> defaultdict[Any, list[dict[str, Any]]]:
        found: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
        table = self.table(name)
        if table is not None and ids:
            for row in self.rows(select(table).where(table.c[column].in_(list(ids)))):
                found[row[column]].append(row)
        return found

    def experiments(self) -> Iterator[ExperimentRecord]:
        rows = sorted(self.of("experiments"), key=lambda row: int(row["experiment_id"]))
        tags = self.grouped("experiment_tags", "experiment_id", [row["experiment_id"] for row in rows])
        for row in rows:
            pairs = {tag["key"]: tag["value"] or "" for tag in tags[row["experiment_id"]]}
            yield experiment_record(row, pairs)

    def _own_runs(self, statement: Any) -> Any:
        runs, experiments = self._metadata.tables["runs"], self._metadata.tables["experiments"]
        joined = statement.where(runs.c.experiment_id == experiments.c.experiment_id)
        return self.here(joined, experiments)

    def count_runs(self) -> int:
        runs = self._metadata.tables["runs"]
        (row,) = self.rows(self._own_runs(select(func.count(runs.c.run_uuid).label("n"))))
        return int(row["n"])

    def runs(self) -> Iterator[RunRecord]:
        runs = self._metadata.tables["runs"]
        last = ""
        while True:
            query = self._own_runs(select(runs)).where(runs.c.run_uuid > last).order_by(runs.c.run_uuid).limit(PAGE)
            rows = list(self.rows(query))
            self._begin_points([row["run_uuid"] for row in rows])
            yield from self._hydrate(rows)
            if len(rows) < PAGE:
                return
            last = rows[-1]["run_uuid"]

    def _hydrate(self, rows: list[dict[str, Any]]) -> Iterator[RunRecord]:
        ids = [row["run_uuid"] for row in rows]
        params, tags = self._pairs("params", ids), self._pairs("tags", ids)
        datasets, models_in = self._inputs(ids)
        models_out = self._outputs(ids)
        for row in rows:
            run_id = row["run_uuid"]
            yield run_record(
                row | {"run_id": run_id, "run_name": row.get("name")},
                params=params[run_id],
                tags={key: value or "" for key, value in tags[run_id].items()},
                datasets=datasets[run_id],
                model_inputs=models_in[run_id],
                model_outputs=models_out[run_id],
            )

    def _pairs(self, name: str, ids: list[str]) -> defaultdict[str, dict[str, Any]]:
        """Return keys and values of a table of params or tags by their run."""
        found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        table = self.table(name)
        if table is not None and ids:
            query = select(table.c.run_uuid, table.c.key, table.c.value).where(table.c.run_uuid.in_(ids))
            for row in self._stream(query):
                found[row.run_uuid][row.key] = row.value
        return found

    def _inputs(self, ids: list[str]) -> tuple[defaultdict[str, list[DatasetInput]], defaultdict[str, list[ModelLink]]]:
        datasets: defaultdict[str, list[DatasetInput]] = defaultdict(list)
        models: defaultdict[str, list[ModelLink]] = defaultdict(list)
        rows = [row for found in self.grouped("inputs", "destination_id", ids).values() for row in found]
        described = self.grouped("datasets", "dataset_uuid", [r["source_id"] for r in rows])
        tags = self.grouped("input_tags", "input_uuid", [r["input_uuid"] for r in rows])
        for row in rows:
            if row["source_type"] == "DATASET":
                for known in described[row["source_id"]]:
                    pairs = {tag["name"]: tag["value"] for tag in tags[row["input_uuid"]]}
                    datasets[row["destination_id"]].append(DatasetInput(dataset=_dataset(known), tags=pairs))
            elif row["destination_type"] == "RUN_INPUT":
                models[row["destination_id"]].append(ModelLink(model_id=row["source_id"], step=row.get("step") or 0))
        for run_id, row in self._model_links(ids, "RUN_INPUT", "MODEL_INPUT"):
            models[run_id].append(ModelLink(model_id=row["destination_id"], step=row.get("step") or 0))
        return datasets, models

    def _outputs(self, ids: list[str]) -> defaultdict[str, list[ModelLink]]:
        models: defaultdict[str, list[ModelLink]] = defaultdict(list)
        for run_id, row in self._model_links(ids, "RUN_OUTPUT", "MODEL_OUTPUT"):
            models[run_id].append(ModelLink(model_id=row["destination_id"], step=row.get("step") or 0))
        return models

    def _model_links(self, ids: list[str], source: str, destination: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for run_id, rows in self.grouped("inputs", "source_id", ids).items():
            for row in rows:
                if (row["source_type"], row["destination_type"]) == (source, destination):
                    yield run_id, row

    def _begin_points(self, ids: Sequence[str]) -> None:
        """Read the points of a page of runs as one stream, in the order of the runs."""
        metrics = self._metadata.tables["metrics"]
        columns = [metrics.c[name] for name in ("run_uuid", "key", "step", "timestamp", "value", "is_nan")]
        order = (metrics.c.run_uuid, metrics.c.key, metrics.c.step, metrics.c.timestamp)
        self._rank = {run_id: rank for rank, run_id in enumerate(ids)}
        query = select(*columns).where(metrics.c.run_uuid.in_(list(ids))).order_by(*order)
        self._series = groupby(self._stream(query) if ids else (), itemgetter(0, 1))
        self._next_series = next(self._series, None)

    def points(self, run: RunRecord) -> Iterator[PointsRecord]:
        """The next series of the stream that are this run's; runs that nobody asked for are passed over."""
        rank = self._rank.get(run.run_id, -1)
        while self._next_series is not None:
            (run_id, key), rows = self._next_series
            if self._rank[run_id] > rank:
                return
            while run_id == run.run_id and (piece := list(islice(rows, MAX_POINTS))):
                yield _points(run.run_id, key, piece)
            self._next_series = next(self._series, None)

    def logged_models(self) -> Iterator[LoggedModelRecord]:
        return sql_models.logged_models(self)

    def models(self) -> Iterator[Any]:
        return sql_models.registered(self)

    def traces(self) -> Iterator[TraceRecord]:
        def skip(reason: str, what: str) -> None:
            self._skipped.append((reason, what))

        return sql_traces.traces(self, lambda uri: file_stores.open_uri(uri, self._root, self._base), skip)

    def evaluation(self) -> Iterator[EvaluationDatasetRecord | ScorerRecord]:
        return evaluation.of_store(self)

    def webhooks(self) -> Iterator[SourceWebhook]:
        """Yield the webhooks that were not deleted."""
        rows = [row for row in self.of("webhooks") if row.get("deleted_timestamp") is None]
        events = self.grouped("webhook_events", "webhook_id", [row["webhook_id"] for row in rows])
        for row in rows:
            yield SourceWebhook(
                name=row["name"],
                url=row["url"],
                events=tuple(f"{event['entity']}.{event['action']}".upper() for event in events[row["webhook_id"]]),
                description=row["description"] or "",
            )

    def files_of_run(self, run: RunRecord) -> FileSet:
        return file_stores.open_uri(run.artifact_uri, self._root, self._base)

    def files_of_model(self, model: LoggedModelRecord) -> FileSet:
        return file_stores.open_uri(model.artifact_uri, self._root, self._base)

    def unsupported(self) -> list[str]:
        found = []
        for word, name in _UNSUPPORTED_TABLES:
            table = self.table(name)
            if table is not None:
                (row,) = self.rows(select(func.count().label("n")).select_from(table))
                if row["n"]:
                    found.append(counted(row["n"], word))
        workspaces = self.table("workspaces")
        if workspaces is not None and "name" in workspaces.c:
            others = [r["name"] for r in self.rows(select(workspaces.c.name)) if r["name"] != self._workspace]
            found += [f"the workspace {name}; import it with --source-workspace {name}" for name in others]
        return found

    def skipped(self) -> list[tuple[str, str]]:
        skipped, self._skipped = self._skipped, []
        return skipped

    def close(self) -> None:
        self._engine.dispose()


def _points(run_id: str, key: str, rows: list[Any]) -> PointsRecord:
    return PointsRecord(
        run_id=run_id,
        key=key,
        steps=[step for _, _, step, _, _, _ in rows],
        timestamps=[timestamp for _, _, _, timestamp, _, _ in rows],
        values=[None if is_nan else max(-LARGEST, min(LARGEST, value)) for _, _, _, _, value, is_nan in rows],
    )


def _dataset(row: dict[str, Any]) -> Dataset:
    return Dataset(
        name=row["name"],
        digest=row["digest"],
        source_type=row["dataset_source_type"],
        source=row["dataset_source"],
        schema=row["dataset_schema"],
        profile=row["dataset_profile"],
    )
