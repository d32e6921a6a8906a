"""`import notebookutils`, and its modules as `import notebookutils.fs`."""

import sys
from types import ModuleType

from handloom.session import notebookutils
from handloom.session.notebookutils import (
    PBIClient,
    connections,
    credentials,
    data,
    env,
    eventhouse,
    fabricClient,
    fs,
    help,  # noqa: A004 - Fabric's name
    lakehouse,
    notebook,
    runtime,
    session,
    udf,
    variableLibrary,
    visualization,
    warehouse,
    workspace,
)

mssparkutils = notebookutils

__all__ = [
    "PBIClient",
    "connections",
    "credentials",
    "data",
    "env",
    "eventhouse",
    "fabricClient",
    "fs",
    "help",
    "lakehouse",
    "mssparkutils",
    "notebook",
    "notebookutils",
    "runtime",
    "session",
    "udf",
    "variableLibrary",
    "visualization",
    "warehouse",
    "workspace",
]

for _name, _module in list(globals().items()):
    if isinstance(_module, ModuleType) and _module.__name__.startswith(notebookutils.__name__):
        sys.modules[f"notebookutils.{_name}"] = sys.modules[f"mssparkutils.{_name}"] = _module
