"""`import notebookutils`."""

from handloom.session import notebookutils
from handloom.session.notebookutils import (
    credentials,
    data,
    env,
    fs,
    help,  # noqa: A004 - Fabric's name
    lakehouse,
    notebook,
    runtime,
    session,
    udf,
    variableLibrary,
)

mssparkutils = notebookutils

__all__ = [
    "credentials",
    "data",
    "env",
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
]
