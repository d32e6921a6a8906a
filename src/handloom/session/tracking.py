"""Configure MLflow when it is first imported in a session, through its plug-in points where possible."""

from __future__ import annotations

import contextlib
import io
import logging
from types import ModuleType
from typing import Any

from handloom.session import attached, hooks, model_copies, requirements


def configure(mlflow: ModuleType) -> None:
    """Configure the module; turn on autologging if the notebook's setting says so. Called once."""
    session = attached.current()
    if session is None:
        return
    _quieten()
    _register()
    for flavor in ("mlflow.sklearn", "mlflow.lightgbm"):
        hooks.after_import(flavor, _use_cloudpickle)
    requirements.install()
    hooks.after_import("mlflow.pyfunc", model_copies.install)
    if session.autolog:
        with contextlib.redirect_stderr(io.StringIO()):
            mlflow.autolog(exclusive=False, silent=True, log_input_examples=False)


def _use_cloudpickle(flavor: Any) -> None:
    """Make cloudpickle the default format of log_model.

    MLflow's default, skops, refuses trees, forests, boosting and neighbours as untrusted types. Autologging uses
    cloudpickle as well. A call with serialization_format="skops" is not changed.
    """
    if hasattr(flavor, "_get_default_serialization_format"):
        flavor._get_default_serialization_format = lambda: "cloudpickle"


def _register() -> None:
    """Register the plug-ins, in case the package runs from a source tree without entry points."""
    from mlflow.tracking.context import registry as contexts
    from mlflow.tracking.default_experiment import registry as experiments

    from handloom.session import plugins

    known_sources: Any = contexts._run_context_provider_registry
    known_homes: Any = experiments._default_experiment_provider_registry
    if not any(isinstance(known, plugins.Source) for known in known_sources):
        known_sources.register(plugins.Source)
    if not any(isinstance(known, plugins.Home) for known in known_homes):
        known_homes.register(plugins.Home)


_UNNEEDED = (
    "Exception raised while enabling autologging for pyspark",  # it needs a JVM
    "Saving scikit-learn models in the pickle or cloudpickle format",  # the session's default, see above
    "Saving the models in the pickle or cloudpickle format",
)


class _Unneeded(logging.Filter):
    """Drop warnings that the user's code did not cause and cannot avoid."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not record.getMessage().startswith(_UNNEEDED)


def _quieten() -> None:
    for name in ("mlflow.tracking.fluent", "mlflow.sklearn", "mlflow.lightgbm"):
        logging.getLogger(name).addFilter(_Unneeded())
