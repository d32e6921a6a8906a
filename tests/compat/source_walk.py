"""Fills an MLflow store through its own client, or tells all that a client sees of one. Run as a script by the tests.

Importing MLflow takes seconds, so one process serves all tests of a module: each line that it reads is a request in
JSON, `what` to do with the store at `uri`, and each line that it writes is the answer. `init` makes the tables of a
database, `make` logs, `note` logs a file to an object store, and `tell` answers with a document that is the
same wherever the same things are kept.
"""

import hashlib
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow.data.numpy_dataset import from_numpy
from mlflow.entities import Metric, Param, ViewType
from mlflow.tracking import MlflowClient

if int(mlflow.__version__.split(".", maxsplit=1)[0]) >= 3:
    from mlflow.entities import AssessmentSource, SpanEvent

LARGEST = 1.7976931348623157e308
THREE = int(mlflow.__version__.split(".", maxsplit=1)[0]) >= 3
OF_THE_SERVER = ("mlflow.artifactLocation", "mlflow.trace.spansLocation", "mlflow.trace.infoFinalized")
VERSION = mlflow.__version__.replace(".", "-")


Model: Any = mlflow.pyfunc.PythonModel


class Same(Model):  # type: ignore[misc]
    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        return model_input


def make(client: MlflowClient) -> None:
    lab = client.create_experiment(f"lab {VERSION}", tags={"team": "빨강"})
    mlflow.set_experiment(f"lab {VERSION}")
    with mlflow.start_run(run_name="first", description="a note", tags={"a": "b"}) as run:
        mlflow.log_params({"depth": 5, "long": "x" * 400, "lines": "a\nb"})
        points = [Metric("loss", 1 / (step + 1), 1_000 + step, step) for step in range(2_300)]
        points += [Metric("nan", math.nan, 5, 0), Metric("inf", math.inf, 5, 0), Metric("dir/x y", -2.5, 5, -3)]
        for at in range(0, len(points), 1_000):
            client.log_batch(run.info.run_id, metrics=points[at : at + 1_000])
        mlflow.log_text("안녕", "notes/한글 a b.txt")
        mlflow.log_dict({"a": [1, 2]}, "config.json")
        mlflow.log_input(from_numpy(np.array([1, 2, 3]), name="three"), context="training")
        with mlflow.start_run(nested=True, run_name="child"):
            mlflow.log_metric("loss", 3)
        model(client)
    for number in range(12):
        one = client.create_run(lab, start_time=1_700_000_000_000 + number, run_name=f"run {number}")
        client.log_batch(one.info.run_id, metrics=[Metric("n", number, 1, 0)], params=[Param("n", str(number))])
        client.set_terminated(one.info.run_id, "FAILED" if number % 2 else "FINISHED", 1_700_000_100_000)
    client.delete_run(client.create_run(lab, run_name="gone").info.run_id)
    if THREE:
        with mlflow.start_span("call", attributes={"n": 7, "deep": {"a": [1.5, None, "x"]}}) as span:
            span.set_inputs({"q": "왜?"})
            with mlflow.start_span("inside", span_type="TOOL") as inside:
                inside.add_event(SpanEvent("seen", attributes={"k": "v"}))  # type: ignore[abstract]
            span.set_outputs("because")
        mlflow.flush_trace_async_logging()
        mlflow.set_trace_tag(span.trace_id, "team", "blue")
        human = AssessmentSource("HUMAN", "kim")
        mlflow.log_feedback(trace_id=span.trace_id, name="good", value=True, source=human, rationale="it is")
        mlflow.log_expectation(trace_id=span.trace_id, name="answer", value={"a": 1}, source=human)
    gone = client.create_experiment(f"gone {VERSION}")
    client.create_run(gone, run_name="in gone")
    client.delete_experiment(gone)


def model(client: MlflowClient) -> None:
    name = f"iris {VERSION}"
    place: dict[str, Any] = {"name": "same"} if THREE else {"artifact_path": "same"}
    for _ in range(2):
        mlflow.pyfunc.log_model(python_model=Same(), pip_requirements=["mlflow"], registered_model_name=name, **place)
    first = client.get_model_version(name, "1")
    of_model: Any = {"model_id": (first.source or "").removeprefix("models:/")} if THREE else {}
    client.create_model_version(name, first.source or "", first.run_id, **of_model)
    client.delete_model_version(name, "2")
    client.update_registered_model(name, "flowers")
    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_tag(name, "k", "v")
    client.set_model_version_tag(name, "1", "vk", "vv")
    client.create_registered_model(f"empty {VERSION}")


def tell(client: MlflowClient) -> dict[str, Any]:
    experiments = client.search_experiments(view_type=ViewType.ALL)
    names = {experiment.experiment_id: experiment.name for experiment in experiments}
    return {
        "experiments": {e.name: [e.lifecycle_stage, e.tags] for e in experiments},
        "runs": {
            run.info.run_id: told_run(client, run, names)
            for run in client.search_runs(list(names), run_view_type=ViewType.ALL, max_results=1_000)
        },
        "models": {m.name: told_model(client, m) for m in client.search_registered_models()},
        "logged": told_logged(client, list(names)) if THREE else {},
        "traces": told_traces(client, names) if THREE else {},
    }


def told_traces(client: MlflowClient, names: dict[str, str]) -> dict[str, Any]:
    return {
        trace.info.trace_id: [
            *(names[trace.info.experiment_id], str(trace.info.state), trace.info.request_time),
            *(trace.info.execution_duration, trace.info.request_preview, trace.info.response_preview),
            {key: value for key, value in trace.info.tags.items() if key not in OF_THE_SERVER},
            {key: value for key, value in trace.info.trace_metadata.items() if key not in OF_THE_SERVER},
            [
                [
                    *(s.span_id, s.parent_id, s.name, s.span_type, str(s.status.status_code)),
                    *(s.start_time_ns, s.end_time_ns, s.attributes, [[e.name, e.attributes] for e in s.events]),
                ]
                for s in sorted(trace.data.spans, key=lambda s: s.span_id)
            ],
            sorted(json.dumps(told_assessment(each), sort_keys=True) for each in trace.info.assessments),
        ]
        for trace in client.search_traces(list(names))
    }


def told_assessment(given: Any) -> dict[str, Any]:
    found: dict[str, Any] = given.to_dictionary()
    if "expectation" in found:
        found.pop("valid", None)  # servers do not send it of an expectation; databases have it
    return found


def told_run(client: MlflowClient, run: Any, names: dict[str, str]) -> list[Any]:
    info = run.info
    histories = {
        key: {(m.step, m.timestamp, number(m.value)) for m in client.get_metric_history(info.run_id, key)}
        for key in run.data.metrics
    }
    return [
        *(names[info.experiment_id], info.run_name, info.status, info.start_time, info.end_time, info.lifecycle_stage),
        *(run.data.params, run.data.tags, {key: sorted(points) for key, points in histories.items()}),
        sorted(
            [d.dataset.name, d.dataset.digest, d.dataset.source, d.dataset.schema, {t.key: t.value for t in d.tags}]
            for d in (run.inputs.dataset_inputs if run.inputs else [])
        ),
        files(f"runs:/{info.run_id}/") if client.list_artifacts(info.run_id) else {},
    ]


def told_model(client: MlflowClient, found: Any) -> list[Any]:
    versions = client.search_model_versions(f"name='{found.name}'")
    return [
        *(found.description or "", found.tags, {alias: str(version) for alias, version in found.aliases.items()}),
        {
            version.version: [
                *(version.run_id, version.current_stage, version.status, version.tags, version.creation_timestamp),
                files(f"models:/{found.name}/{version.version}"),
            ]
            for version in versions
        },
    ]


def told_logged(client: MlflowClient, experiments: list[str]) -> dict[str, Any]:
    return {
        m.model_id: [
            *(m.name, m.source_run_id, str(m.status), m.tags, m.params, files(f"models:/{m.model_id}")),
            sorted([x.key, number(x.value), x.step] for x in m.metrics or []),
        ]
        for m in client.search_logged_models(experiments)
    }


def number(value: float) -> float | str:
    return "NaN" if math.isnan(value) else max(-LARGEST, min(LARGEST, value))


def files(uri: str) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(mlflow.artifacts.download_artifacts(uri, dst_path=folder))
        found = {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    found.pop("registered_model_meta", None)  # the client's own note of what it downloaded
    return {path: hashlib.sha256(content).hexdigest() for path, content in sorted(found.items())}


def note(client: MlflowClient) -> str:
    """Log a file into an object store; the id of its run."""
    run = client.create_run(client.create_experiment("s3", os.environ["SOURCE_ROOT"]))
    client.log_text(run.info.run_id, "in a bucket", "a/note 1.txt")
    return str(run.info.run_id)


def init(client: MlflowClient) -> list[str]:
    return [experiment.name for experiment in client.search_experiments()]


def serve() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what else is printed is no answer
    works: dict[str, Callable[[MlflowClient], Any]] = {"init": init, "make": make, "note": note, "tell": tell}
    for line in sys.stdin:
        asked = json.loads(line)
        os.environ.update(asked["environ"])
        mlflow.set_tracking_uri(asked["uri"])
        if THREE:
            mlflow.tracing.reset()  # type: ignore[no-untyped-call]  # traces go to where the next one begins
        print(json.dumps(works[asked["what"]](MlflowClient()), sort_keys=True), file=answers, flush=True)


if __name__ == "__main__":
    serve()
