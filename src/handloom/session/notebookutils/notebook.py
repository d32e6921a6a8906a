"""`notebookutils.notebook`: run other notebooks of the workspace, and end this notebook with an exit value.

Each called notebook runs in its own kernel in this session's environment, so that it cannot access the caller's
variables and several can run in parallel. Tables and files are shared; temporary views are not.
"""

from __future__ import annotations

import json
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from IPython import display as ipython

from handloom.session import lakehouse
from handloom.session.notebook_exit import EXIT_TYPE, NotebookExit
from handloom.session.notebook_file import Parameters, code_cells, find, with_parameters
from handloom.session.notebookutils.refusal import attribute, functions_of, help_of, refuse

_show: Any = ipython.display


class RunMultipleFailedException(RuntimeError):
    """Some of several notebooks failed; `result` has the result of each."""

    def __init__(self, message: str, result: dict[str, Any]) -> None:
        super().__init__(message)
        self.result = result


@dataclass(slots=True)
class _Activity:
    name: str
    path: str
    args: Parameters
    timeout: float
    retry: int = 0
    after: list[str] = field(default_factory=list)


def exit(value: object = "") -> None:  # noqa: A001 - Fabric's name
    """End this notebook; `run` in the calling notebook returns `value` as text."""
    text = str(value)
    _show({EXIT_TYPE: text, "text/plain": f"ExitValue: {text}"}, raw=True)
    raise NotebookExit(text)


def run(
    path: str,
    timeout_seconds: float = 90,
    arguments: Parameters | None = None,
    workspace: str = "",
    *,
    timeoutSeconds: float | None = None,  # noqa: N803 - Fabric has both spellings
) -> str:
    """Run all cells of a notebook of this workspace, by its name; return its exit value.

    `arguments` are set after its parameter cell. Raises TimeoutError, or RuntimeError with the failed cell's error.
    """
    if workspace:
        raise refuse("notebook.run in another workspace", "copy the notebook into this workspace")
    file = find(path)
    cells = with_parameters(code_cells(file), arguments or {})
    from handloom.session.reference_run import ReferenceRun

    with ReferenceRun(lakehouse.folder()) as kernel:
        return kernel.run(file.stem, cells, timeoutSeconds or timeout_seconds)


def runMultiple(dag: Any, config: dict[str, Any] | None = None) -> dict[str, Any]:  # noqa: N802
    """Run several notebooks in parallel: a list of names, or Fabric's dictionary with activities and dependencies.

    Returns {name: {"exitVal": ..., "exception": None}}. Raises RunMultipleFailedException if any failed.
    """
    activities = _activities(dag)
    most = int(dag.get("concurrency", 2)) if isinstance(dag, dict) else 2
    results = _run_in_order(activities, max(1, most))
    failed = [name for name, result in results.items() if result["exception"] is not None]
    if failed:
        raise RunMultipleFailedException(f"{', '.join(failed)} did not succeed: see the exception's result.", results)
    return results


def validateDAG(dag: Any) -> bool:  # noqa: N802
    """Check that activities have unique names, known dependencies and no cycle. Returns True, or raises ValueError."""
    _activities(dag)
    return True


def list(workspaceId: str = "", maxResults: int = 1000) -> Any:  # noqa: A001, N803
    """List the notebooks of this workspace by name."""
    names = sorted(file.stem for file in Path(lakehouse.folder()).glob("*.ipynb"))
    return [{"displayName": name} for name in names[:maxResults]]


def get(name: str, workspaceId: str = "") -> dict[str, Any]:  # noqa: N803
    """Return name and content of a notebook, as .ipynb text."""
    file = find(name)
    return {"displayName": file.stem, "definition": file.read_text(encoding="utf-8")}


def create(*_: object, **__: object) -> dict[str, Any]:
    raise refuse("notebook.create", "create it on the workspace's page, or write an .ipynb file and import it there")


def update(*_: object, **__: object) -> dict[str, Any]:
    raise refuse("notebook.update", "edit it on its page")


def delete(*_: object, **__: object) -> bool:
    raise refuse("notebook.delete", "delete it on the workspace's page, where it can be restored")


def help(name: str = "") -> None:  # noqa: A001 - Fabric's name
    """Print the available functions, or describe one."""
    help_of("notebook", functions_of(globals()), name)


__getattr__ = attribute(
    "notebook",
    {
        "getDefinition": "use notebookutils.notebook.get(name), whose definition is the .ipynb text",
        "updateDefinition": "edit the notebook on its page",
        "updateNBSEndpoint": "leave it out: notebooks run in this server",
        "runWithRetry": "use runMultiple with `retry`",
    },
    lambda: [*functions_of(globals())],
)


def _activities(dag: Any) -> dict[str, _Activity]:
    if isinstance(dag, str):
        dag = json.loads(dag)
    items = dag.get("activities") if isinstance(dag, dict) else dag
    if not items:
        raise ValueError("runMultiple takes a list of notebook names, or a dictionary with 'activities'.")
    found: dict[str, _Activity] = {}
    for item in items:
        given: dict[str, Any] = {"path": item} if isinstance(item, str) else dict(item)
        name = str(given.get("name") or given.get("path") or "")
        if not name or name in found:
            raise ValueError(f"Each activity needs a unique name; {name!r} is missing or used twice.")
        found[name] = _Activity(
            name,
            str(given.get("path") or name),
            dict(given.get("args") or {}),
            float(given.get("timeoutPerCellInSeconds") or given.get("timeout") or 90),
            int(given.get("retry") or 0),
            [str(other) for other in given.get("dependencies") or []],
        )
    _check_order(found)
    return found


def _check_order(activities: dict[str, _Activity]) -> None:
    unknown = {other for activity in activities.values() for other in activity.after} - activities.keys()
    if unknown:
        raise ValueError(f"Dependencies name activities that do not exist: {', '.join(sorted(unknown))}.")
    done: set[str] = set()
    while len(done) < len(activities):
        ready = {a.name for a in activities.values() if a.name not in done and done.issuperset(a.after)}
        if not ready:
            raise ValueError(f"These activities depend on each other: {', '.join(sorted(activities.keys() - done))}.")
        done |= ready


def _run_in_order(activities: dict[str, _Activity], most: int) -> dict[str, Any]:
    """Start each activity after its dependencies have succeeded; skip it if one of them failed."""
    results: dict[str, Any] = {}
    running: dict[Future[str], _Activity] = {}
    with ThreadPoolExecutor(most, thread_name_prefix="reference-run") as pool:
        while len(results) < len(activities):
            started = {activity.name for activity in running.values()}
            for activity in activities.values():
                if activity.name in results or activity.name in started or not results.keys() >= set(activity.after):
                    continue
                failed = [other for other in activity.after if results[other]["exception"] is not None]
                if failed:
                    error = RuntimeError(f"Not run, because {', '.join(failed)} failed.")
                    results[activity.name] = {"exitVal": "", "exception": error}
                else:
                    running[pool.submit(_attempt, activity)] = activity
            if running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    name, error_ = running.pop(future).name, future.exception()
                    results[name] = {"exitVal": "" if error_ else future.result(), "exception": error_}
    return {name: results[name] for name in activities}


def _attempt(activity: _Activity) -> str:
    for left in range(activity.retry, -1, -1):
        try:
            return run(activity.path, activity.timeout, activity.args)
        except (RuntimeError, TimeoutError):
            if not left:
                raise
    raise AssertionError("unreachable")
