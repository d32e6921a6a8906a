"""MLflow's plug-in points: where a run comes from, and the experiment of runs that name none."""

from __future__ import annotations

from mlflow.tracking.context.abstract_context import RunContextProvider
from mlflow.tracking.default_experiment.abstract_context import DefaultExperimentProvider

from handloom.session import attached

DEFAULT = "0"


class Source(RunContextProvider):
    """Tags of every run made in a session: its notebook, its session, its user."""

    def in_context(self) -> bool:
        return attached.current() is not None

    def tags(self) -> dict[str, str]:
        session = attached.current()
        if session is None:
            return {}
        tags = {
            "mlflow.source.name": session.name,
            "mlflow.source.type": "NOTEBOOK",
            "mlflow.user": session.user,
            "handloom.session.id": session.session,
        }
        if session.notebook:
            tags["handloom.notebook.id"] = session.notebook
        return tags


class Home(DefaultExperimentProvider):
    """Runs without mlflow.set_experiment go to an experiment of the notebook's or file's name, made with the first."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def in_context(self) -> bool:
        return attached.current() is not None

    def get_experiment_id(self) -> str:
        session = attached.current()
        if session is None:
            return DEFAULT
        if session.name not in self._known:
            self._known[session.name] = _experiment(session.name)
        return self._known[session.name]


def _experiment(name: str) -> str:
    # not at the top: MLflow loads its plug-ins while it is being imported itself
    from mlflow.entities import LifecycleStage
    from mlflow.tracking.client import MlflowClient

    client = MlflowClient()
    found = client.get_experiment_by_name(name)
    if found is None:
        return str(client.create_experiment(name))
    return str(found.experiment_id) if found.lifecycle_stage == LifecycleStage.ACTIVE else DEFAULT
