"""`notebookutils.lakehouse`: the workspace's only lakehouse, which consists of its folders `Files` and `Tables`."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from handloom.session import attached
from handloom.session import lakehouse as paths
from handloom.session.notebookutils.refusal import attribute, functions_of, help_of, refuse


class AttributeDict(dict[str, Any]):
    """A description whose parts are keys and attributes, since notebooks write both."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"There is no {name} here. There are: {', '.join(self)}.") from None


def get(name: str = "", workspaceId: str = "") -> AttributeDict:  # noqa: N803 - Fabric's name
    """Return the workspace's lakehouse."""
    session = attached.current()
    own = (session.workspace_name, session.workspace) if session else ("", "")
    if name and name not in own:
        raise refuse(f"lakehouse.get({name!r})", "omit the name: a workspace has one lakehouse")
    root = f"{quote(own[0])}@onelake.dfs.fabric.microsoft.com/{quote(own[0])}.Lakehouse"
    properties = AttributeDict(
        path=paths.folder(), abfsPath=f"abfss://{root}", defaultSchema="dbo", oneLakeFilesPath=f"abfss://{root}/Files",
        oneLakeTablesPath=f"abfss://{root}/Tables",
    )  # fmt: skip
    return AttributeDict(
        id=own[1], type="Lakehouse", displayName=own[0], description="", workspaceId=own[1], properties=properties
    )


def list(workspaceId: str = "", maxResults: int = 1000) -> Any:  # noqa: A001, N803
    """Return a list with the workspace's only lakehouse."""
    return [get()]


def listTables(lakehouse: str = "", workspaceId: str = "", maxResults: int = 1000) -> Any:  # noqa: N802, N803
    """List name and folder of every Delta table below `Tables`; tables in a schema are named `schema.table`."""
    get(lakehouse)
    root = Path(paths.folder()) / "Tables"
    logs = sorted([*root.glob("*/_delta_log"), *root.glob("*/*/_delta_log")])[:maxResults]
    return [
        AttributeDict(name=".".join(log.parent.relative_to(root).parts), location=str(log.parent), format="delta")
        for log in logs
    ]


def create(*_: object, **__: object) -> dict[str, Any]:
    raise refuse("lakehouse.create", "create another workspace: each has its own lakehouse")


def update(*_: object, **__: object) -> dict[str, Any]:
    raise refuse("lakehouse.update", "rename the workspace in its settings")


def delete(*_: object, **__: object) -> bool:
    raise refuse("lakehouse.delete", "delete files with notebookutils.fs.rm and tables with DROP TABLE")


def getWithProperties(name: str = "", workspaceId: str = "") -> AttributeDict:  # noqa: N802, N803
    """Return the workspace's lakehouse; its properties are part of `get` too."""
    return get(name, workspaceId)


def loadTable(  # noqa: N802
    loadOption: dict[str, Any],  # noqa: N803
    table: str,
    lakehouse: str = "",
    workspaceId: str = "",  # noqa: N803
) -> bool:
    """Write a file or folder of `Files` into a table. `loadOption` is Fabric's: relativePath, mode, formatOptions."""
    get(lakehouse)
    from pyspark.sql import SparkSession

    options = {str(key): value for key, value in dict(loadOption.get("formatOptions") or {}).items()}
    form = str(options.pop("format", "csv")).lower()
    if form not in ("csv", "parquet"):
        raise refuse(f"lakehouse.loadTable of {form}", "read it with spark.read and write it with saveAsTable")
    mode = str(loadOption.get("mode", "Overwrite")).lower()
    if mode not in ("overwrite", "append"):
        raise ValueError("loadTable takes the mode Overwrite or Append.")
    names = {"header": "header", "delimiter": "sep"}
    given = {
        names.get(key, key): str(value).lower() if isinstance(value, bool) else value for key, value in options.items()
    }
    reader = SparkSession.builder.getOrCreate().read.format(form).options(**given)
    if form == "csv":
        reader = reader.option("inferSchema", "true")
    if loadOption.get("recursive"):
        reader = reader.option("recursiveFileLookup", "true")
    reader.load(str(loadOption["relativePath"])).write.format("delta").mode(mode).saveAsTable(table)
    return True


def help(name: str = "") -> None:  # noqa: A001 - Fabric's name
    """Print the available functions, or describe one."""
    help_of("lakehouse", functions_of(globals()), name)


__getattr__ = attribute(
    "lakehouse",
    {
        "getDefinition": "list its tables with notebookutils.lakehouse.listTables()",
        "updateDefinition": "change its tables with spark.sql",
        "listLakehouses": "use notebookutils.lakehouse.list()",
    },
    lambda: [*functions_of(globals())],
)
