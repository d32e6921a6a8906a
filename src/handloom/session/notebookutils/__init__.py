"""`notebookutils`, the utilities of Fabric notebooks; `mssparkutils` is the same under its older name."""

from handloom.session.notebookutils import (
    credentials,
    env,
    fs,
    lakehouse,
    notebook,
    runtime,
    session,
    visualization,
)
from handloom.session.notebookutils.refusal import Refused

data = Refused("data", "read the table with spark.sql or deltalake")
udf = Refused("udf", "import the functions from a module in the workspace's folder")
variableLibrary = Refused("variableLibrary", "read a JSON file from Files, or environment variables")  # noqa: N816
warehouse = Refused("warehouse", "keep tables in the workspace's lakehouse, with spark.sql")
workspace = Refused("workspace", "create and share workspaces on their pages")
eventhouse = Refused("eventhouse", "keep tables in the workspace's lakehouse, with spark.sql")
connections = Refused("connections", "sign in with the service's own client")
fabricClient = Refused("fabricClient", "call Handloom's own API, which docs/api.md describes")  # noqa: N816
PBIClient = Refused("PBIClient", "read the data itself with spark or pandas")

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
    "notebook",
    "runtime",
    "session",
    "udf",
    "variableLibrary",
    "visualization",
    "warehouse",
    "workspace",
]


def help(name: str = "") -> None:  # noqa: A001 - Fabric's name
    """Print the available modules, or the functions of one."""
    if name:
        globals()[name].help()
        return
    print(
        "notebookutils.fs           files of this workspace: ls, cp, mv, rm, mkdirs, put, append, head, exists\n"
        "notebookutils.notebook     run, runMultiple, exit, list\n"
        "notebookutils.session      stop, restartPython\n"
        "notebookutils.runtime      context\n"
        "notebookutils.lakehouse    list, get, listTables, loadTable\n"
        "notebookutils.credentials  getSecret (from environment variables)\n"
        "notebookutils.env          getUserName, getWorkspaceName, getJobId\n"
        "notebookutils.fs.help() and notebookutils.fs.help('cp') say more, and so on for each module."
    )
