"""`notebookutils`, the utilities of Fabric notebooks; `mssparkutils` is the same under its older name."""

from handloom.session.notebookutils import credentials, fs, lakehouse, notebook, runtime, session
from handloom.session.notebookutils.refusal import Refused

data = Refused("data", "read the table with spark.sql or deltalake")
env = Refused("env", "use notebookutils.runtime.context")
udf = Refused("udf", "import the functions from a module in the workspace's folder")
variableLibrary = Refused("variableLibrary", "read a JSON file from Files, or environment variables")  # noqa: N816

__all__ = [
    "credentials",
    "data",
    "env",
    "fs",
    "help",
    "lakehouse",
    "notebook",
    "runtime",
    "session",
    "udf",
    "variableLibrary",
]


def help(name: str = "") -> None:  # noqa: A001 - Fabric's name
    """Print the available functions."""
    print(
        "notebookutils.fs           files of this workspace: ls, cp, mv, rm, mkdirs, put, append, head, exists\n"
        "notebookutils.notebook     run, runMultiple, exit, list\n"
        "notebookutils.session      stop, restartPython\n"
        "notebookutils.runtime      context\n"
        "notebookutils.lakehouse    list, get, listTables\n"
        "notebookutils.credentials  getSecret (from environment variables)"
    )
