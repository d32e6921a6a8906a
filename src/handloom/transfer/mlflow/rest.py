"""Read a running MLflow server, including files, through its REST API."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
import msgspec

from handloom.domain.datasets import Dataset, DatasetInput
from handloom.domain.errors import Unauthenticated, Unavailable
from handloom.domain.metrics import LARGEST
from handloom.domain.records import (
    MAX_POINTS,
    EvaluationDatasetRecord,
    ExperimentRecord,
    LoggedModelRecord,
    ModelRecord,
    PointsRecord,
    RunRecord,
    ScorerRecord,
    TraceRecord,
    VersionRecord,
    decode_line,
    encode_lines,
)
from handloom.domain.runs import ModelLink
from handloom.transfer.mlflow import evaluation, rest_models
from handloom.transfer.mlflow.mapping import experiment_record, run_record
from handloom.transfer.mlflow.traces import rest as rest_traces
from handloom.transfer.source import FileSet, SourceFile, SourceWebhook, UnreadableError

API = "/api/2.0/mlflow/"
PAGE = 500  # runs
HISTORY = 25_000  # points
CONCURRENT_REQUESTS = 4
RETRIES = 5
_WEBHOOKS = "/api/2.0/mlflow/webhooks"
MAX_RESPONSE = 256 * 1024 * 1024
"""Maximum bytes of a JSON response."""
MAX_PAGES = 100_000
MAX_DEPTH = 100
"""Maximum levels of folders below the artifacts of a run."""
_MALFORMED = (msgspec.ValidationError, KeyError, TypeError, ValueError, AttributeError, IndexError)
"""Exceptions that converting a malformed response to records raises."""
_RETRIED = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Login:
    """Credentials for the server; empty if it needs none."""

    user: str = ""
    password: str = ""
    token: str = ""


class RestServer:
    """A tracking server at `url`; `workspace` selects one if the server has several."""

    def __init__(self, url: str, login: Login, workspace: str = "default") -> None:
        parts = urlsplit(url)
        where = parts.netloc.rpartition("@")[2]
        self.name = urlunsplit((parts.scheme, where, parts.path.rstrip("/"), "", ""))
        headers = {"Authorization": f"Bearer {login.token}"} if login.token and not login.user else {}
        if workspace != "default":
            headers["X-MLFLOW-WORKSPACE"] = workspace
        user, password = login.user or parts.username or "", login.password or parts.password or ""
        self._http = httpx.Client(
            base_url=self.name,
            auth=(user, password) if user else None,
            headers=headers,
            timeout=httpx.Timeout(30, read=600),
        )
        self._pool = ThreadPoolExecutor(CONCURRENT_REQUESTS)
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - open until close()
        self._count = -1
        self._skipped: list[tuple[str, str]] = []
        self._experiments: list[ExperimentRecord] = []
        self._keys: dict[str, list[str]] = {}
        try:
            if self.answer("POST", f"{API}experiments/search", json={"max_results": 1}).status_code == 404:
                raise Unavailable(f"There is no MLflow server at {self.name}.")
        except BaseException:
            self.close()
            raise

    def get(self, path: str, /, **params: Any) -> dict[str, Any]:
        """Send a GET request and return its JSON, or {} for a 404."""
        return self._json("GET", path, params=params)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._json("POST", path, json=body)

    def _json(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = self.answer(method, path if path.startswith("/") else API + path, **more)
        if answer.status_code == 404:
            return {}
        try:
            return msgspec.json.decode(answer.content, type=dict[str, Any])
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise self._not_mlflow(path) from error

    def _not_mlflow(self, path: str) -> Unavailable:
        return Unavailable(f"{self.name} does not answer like an MLflow server ({path}).")

    def answer(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request and return its response, 2xx or 404. Retries errors that may be temporary."""
        for attempt in range(RETRIES):
            try:
                answer = self._bounded(method, path, **more)
                if answer.status_code not in _RETRIED:
                    return self._checked(answer, path)
                trouble = f"{answer.status_code}: {answer.text[:200]}"
            except httpx.TransportError as error:
                trouble = str(error) or type(error).__name__
            if attempt < RETRIES - 1:
                time.sleep(0.2 * 3**attempt)
        raise Unavailable(f"{self.name} does not answer {path} ({trouble}). Run the command again to continue.")

    def _bounded(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request and read its response. Raises Unavailable beyond MAX_RESPONSE bytes."""
        with self._http.stream(method, path, **more) as response:
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > MAX_RESPONSE:
                    raise Unavailable(f"The response of {self.name} to {path} has more than {MAX_RESPONSE:,} bytes.")
        return httpx.Response(response.status_code, content=bytes(content))

    def _checked(self, answer: httpx.Response, path: str) -> httpx.Response:
        if answer.status_code in (401, 403):
            raise Unauthenticated(
                f"{self.name} refused ({answer.status_code}). Set MLFLOW_TRACKING_USERNAME and "
                "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN."
            )
        if answer.is_success or answer.status_code == 404:
            return answer
        raise Unavailable(f"{self.name} refused {path} ({answer.status_code}: {answer.text[:200]}).")

    def pages(self, path: str, body: dict[str, Any], field: str) -> Iterator[dict[str, Any]]:
        """Yield the entries of all pages of a search."""
        return self.all_pages(path, field, lambda token: self.post(path, body | token))

    def all_pages(
        self, path: str, field: str, ask: Callable[[dict[str, str]], dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        """Yield the entries of all pages. `ask` takes the page token, or {} for the first page. Raises Unavailable for
        a malformed list, and for one that does not end.
        """
        token: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            answer = ask(token)
            entries = answer.get(field) or []
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                raise self._not_mlflow(path)
            yield from entries
            following = answer.get("next_page_token")
            if not following:
                return
            if token.get("page_token") == following:
                break
            token = {"page_token": following}
        raise Unavailable(f"{self.name} answers {path} with a list that does not end.")

    @contextmanager
    def mapped(self, path: str) -> Iterator[None]:
        """Raise Unavailable if the server's entries do not have MLflow's fields."""
        try:
            yield
        except _MALFORMED as error:
            raise self._not_mlflow(path) from error

    def experiments(self) -> Iterator[ExperimentRecord]:
        wanted = {"max_results": 1000, "view_type": "ALL", "order_by": ["experiment_id ASC"]}
        for found in self.pages("experiments/search", wanted, "experiments"):
            with self.mapped("experiments/search"):
                record = experiment_record(found, _pairs(found.get("tags")))
                self._experiments.append(record)
        yield from self._experiments

    def count_runs(self) -> int:
        """Count by listing all runs into a temporary file, since a server cannot count them; `runs` reads that file."""
        if self._count < 0:
            self._count = 0
            for experiment in self._experiments:
                wanted = {"experiment_ids": [experiment.id], "max_results": PAGE, "run_view_type": "ALL"}
                for found in self.pages("runs/search", wanted, "runs"):
                    with self.mapped("runs/search"):
                        keys = [metric["key"] for metric in found.get("data", {}).get("metrics", ())]
                        self._spool.write(msgspec.json.encode(keys) + b"\n" + encode_lines([_run(found)]))
                    self._count += 1
        return self._count

    def runs(self) -> Iterator[RunRecord]:
        self.count_runs()
        self._spool.seek(0)
        while keys := self._spool.readline():
            run = decode_line(self._spool.readline())
            assert isinstance(run, RunRecord)
            self._keys = {run.run_id: msgspec.json.decode(keys, type=list[str])}
            yield run

    def points(self, run: RunRecord) -> Iterator[PointsRecord]:
        keys = self._keys.get(run.run_id, [])
        for key, points in zip(keys, self._pool.map(lambda key: self._history(run.run_id, key), keys), strict=True):
            for at in range(0, len(points), MAX_POINTS):
                piece = points[at : at + MAX_POINTS]
                yield PointsRecord(
                    run_id=run.run_id,
                    key=key,
                    steps=[p[0] for p in piece],
                    timestamps=[p[1] for p in piece],
                    values=[p[2] for p in piece],
                )

    def _history(self, run_id: str, key: str) -> list[tuple[int, int, float | None]]:
        found: dict[tuple[int, int, float | None], None] = {}
        path = "metrics/get-history"
        pages = self.all_pages(
            path,
            "metrics",
            lambda token: self.get(path, run_id=run_id, metric_key=key, max_results=HISTORY, **token),
        )
        for point in pages:
            with self.mapped(path):
                found[int(point.get("step") or 0), int(point["timestamp"]), value_of(point["value"])] = None
        return list(found)

    def logged_models(self) -> Iterator[LoggedModelRecord]:
        return rest_models.logged_models(self, [experiment.id for experiment in self._experiments])

    def models(self) -> Iterator[ModelRecord | VersionRecord]:
        return rest_models.registered(self)

    def files_of_run(self, run: RunRecord) -> FileSet:
        return _ServerFiles(
            self, "artifacts/list", {"run_id": run.run_id}, "path", "/get-artifact", {"run_uuid": run.run_id}
        )

    def files_of_model(self, model: LoggedModelRecord) -> FileSet:
        at = f"logged-models/{quote(model.model_id, safe='')}/artifacts"
        file = f"/ajax-api/2.0/mlflow/{at}/files"
        return _ServerFiles(self, f"{at}/directories", {}, "artifact_directory_path", file, {}, "artifact_file_path")

    def download(self, path: str, params: dict[str, str]) -> Iterator[bytes]:
        try:
            with self._http.stream("GET", path, params=params) as answer:
                if not answer.is_success:
                    raise UnreadableError(f"the server answered {answer.status_code} for it")
                yield from answer.iter_bytes(1024 * 1024)
        except httpx.TransportError as error:
            raise UnreadableError(f"the server did not send it ({error})") from error

    def traces(self) -> Iterator[TraceRecord]:
        """Yield the traces; none of a server before MLflow 3, see `unsupported`."""

        def skip(reason: str, what: str) -> None:
            self._skipped.append((reason, what))

        return rest_traces.traces(self, self._experiments, skip)

    def evaluation(self) -> Iterator[EvaluationDatasetRecord | ScorerRecord]:
        return evaluation.of_server(self, self._experiments)

    def unsupported(self) -> list[str]:
        """Describe what stays at the server: traces of MLflow 2."""
        return self._old_traces()

    def webhooks(self) -> Iterator[SourceWebhook]:
        """Yield the webhooks; none of a server that has no such area or does not show them to this user."""
        if not self.has("GET", _WEBHOOKS):
            return
        for row in self.all_pages(_WEBHOOKS, "webhooks", lambda token: self.get(_WEBHOOKS, **token)):
            with self.mapped(_WEBHOOKS):
                events = tuple(f"{event['entity']}.{event['action']}".upper() for event in row["events"])
                found = SourceWebhook(row["name"], row["url"], events, row.get("description", ""))
            yield found

    def has(self, method: str, path: str, **more: Any) -> bool:
        """Whether the server answers this request at all. Asked once: servers answer 500 for areas that they lack."""
        try:
            return self._bounded(method, path, **more).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _old_traces(self) -> list[str]:
        """Describe the traces of a server before MLflow 3, which answers 404 to the search of MLflow 3."""
        found: list[str] = []
        try:
            for experiment in self._experiments:
                if self.answer("POST", rest_traces.SEARCH, json=rest_traces.search(experiment.id)).status_code != 404:
                    break
                if self.get("traces", experiment_ids=experiment.id, max_results=1).get("traces"):
                    found.append(f"traces of the experiment {experiment.name}, since the server is older than MLflow 3")
        except Unavailable:
            return found  # `traces` reported it
        return found

    def skipped(self) -> list[tuple[str, str]]:
        skipped, self._skipped = self._skipped, []
        return skipped

    def close(self) -> None:
        self._pool.shutdown()
        self._spool.close()
        self._http.close()


@dataclass(frozen=True, slots=True)
class _ServerFiles:
    """Files that the server lists folder by folder and sends one by one, wherever it stores them."""

    server: RestServer
    lister: str
    owner: dict[str, str]
    below: str
    giver: str
    giver_owner: dict[str, str]
    file: str = "path"

    def walk(self) -> Iterator[SourceFile]:
        todo = [""]
        while todo:
            folder = todo.pop()
            below = {self.below: folder} if folder else {}
            ask = partial(self._ask, below)
            try:
                for entry in self.server.all_pages(self.lister, "files", ask):
                    with self.server.mapped(self.lister):
                        path = msgspec.convert(entry["path"], str)
                        is_folder = bool(entry.get("is_dir"))
                        file = SourceFile(path, int(entry.get("file_size") or 0))
                    if is_folder and (not path.startswith(f"{folder}/" if folder else "") or path == folder):
                        raise UnreadableError(f"the server lists the folder {path!r} inside of {folder!r}")
                    if is_folder and path.count("/") >= MAX_DEPTH:
                        raise UnreadableError(f"the server lists folders in more than {MAX_DEPTH} levels")
                    if is_folder:
                        todo.append(path)
                    else:
                        yield file
            except Unavailable as error:
                raise UnreadableError(f"the server cannot list them: {error.message}") from error

    def _ask(self, below: dict[str, str], token: dict[str, str]) -> dict[str, Any]:
        return self.server.get(self.lister, **self.owner, **below, **token)

    def read(self, path: str) -> Iterator[bytes]:
        return self.server.download(self.giver, self.giver_owner | {self.file: path})


def value_of(given: Any) -> float | None:
    """Convert a metric's value of a response; NaN becomes None."""
    value = float(given)
    return None if math.isnan(value) else max(-LARGEST, min(LARGEST, value))


def _pairs(given: Any) -> dict[str, str]:
    return {pair["key"]: pair.get("value", "") for pair in given or ()}


def _run(found: dict[str, Any]) -> RunRecord:
    info, data = found["info"], found.get("data", {})
    inputs, outputs = found.get("inputs", {}), found.get("outputs", {})
    return run_record(
        info | {"run_id": info.get("run_id") or info["run_uuid"]},
        params=_pairs(data.get("params")),
        tags=_pairs(data.get("tags")),
        datasets=[
            DatasetInput(dataset=_dataset(given["dataset"]), tags=_pairs(given.get("tags")))
            for given in inputs.get("dataset_inputs", ())
        ],
        model_inputs=[_link(given) for given in inputs.get("model_inputs", ())],
        model_outputs=[_link(given) for given in outputs.get("model_outputs", ())],
    )


def _dataset(given: dict[str, Any]) -> Dataset:
    return Dataset(
        name=given["name"],
        digest=given["digest"],
        source_type=given["source_type"],
        source=given["source"],
        schema=given.get("schema"),
        profile=given.get("profile"),
    )


def _link(given: dict[str, Any]) -> ModelLink:
    return ModelLink(model_id=given["model_id"], step=int(given.get("step") or 0))
