"""MLflow plug-ins: tags of a run's source and of its code, and the default experiment of a session."""

from __future__ import annotations

import os

from mlflow.tracking.context.abstract_context import RunContextProvider
from mlflow.tracking.default_experiment.abstract_context import DefaultExperimentProvider

from handloom.session import attached, git_state
from handloom.session.cells import reports

DEFAULT = "0"
GIT_CHANGES = "HANDLOOM_GIT_CHANGES"
"""Variable that keeps the changes of code out of runs where it is false."""


class Source(RunContextProvider):
    """Set tags on every run of the session: notebook, cell, session, user, and the stale cells that it comes from."""

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
        return tags | reports.tags()


class UncommittedCode(RunContextProvider):
    """Tag runs of scripts with what their code has that is not committed. Works with any server, in any program."""

    def __init__(self) -> None:
        self._code = git_state.Code()

    def in_context(self) -> bool:
        return attached.current() is None and os.environ.get(GIT_CHANGES, "").lower() not in ("false", "0")

    def tags(self) -> dict[str, str]:
        tag = self._code.tag()
        return {git_state.TAG: tag} if tag else {}


class Home(DefaultExperimentProvider):
    """Use an experiment named like the notebook or file for runs without mlflow.set_experiment; create it at the
    first.
    """

    def __init__(self) -> None:
        self._experiment_ids: dict[str, str] = {}

    def in_context(self) -> bool:
        return attached.current() is not None

    def get_experiment_id(self) -> str:
        session = attached.current()
        if session is None:
            return DEFAULT
        if session.name not in self._experiment_ids:
            self._experiment_ids[session.name] = _experiment(session.name)
        return self._experiment_ids[session.name]


def _experiment(name: str) -> str:
    # imported here, because MLflow loads its plug-ins while it is being imported
    from mlflow.entities import LifecycleStage
    from mlflow.tracking.client import MlflowClient

    client = MlflowClient()
    found = client.get_experiment_by_name(name)
    if found is None:
        return str(client.create_experiment(name))
    return str(found.experiment_id) if found.lifecycle_stage == LifecycleStage.ACTIVE else DEFAULT
