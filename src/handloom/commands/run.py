"""`handloom run`: run all cells of a notebook in a session of the data folder's server."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import nbformat

from handloom import console
from handloom.client.session import RemoteSession
from handloom.client.workspaces import find_or_create_workspace
from handloom.commands import local_server
from handloom.domain import parameters as cells_of
from handloom.domain.cell_outputs import Ran
from handloom.domain.errors import HandloomError, Invalid, Unavailable
from handloom.domain.schedules import Parameters, check_parameters
from handloom.settings import Settings

_read: Any = nbformat.read
_to_text: Any = nbformat.writes
_to_nodes: Any = nbformat.from_dict


def run(
    settings: Settings,
    notebook: Path,
    workspace: str,
    output: Path | None,
    parameters: Parameters | None = None,
    environment: str = "",
) -> int:
    """Run the notebook and return the exit code: 0, or 1 if a cell fails.

    `parameters` are set after its parameter cell. `environment` is the name of one of the
    workspace, instead of its default. Writes the notebook with its outputs to `output`, also after a
    failure. Raises Invalid if the file is not a notebook, and the server's errors.
    """
    check_parameters(parameters or {})
    document = _open(notebook)
    cells = cells_of.prepare(document, parameters or {})
    with local_server.connect(settings) as client:
        place, created = find_or_create_workspace(client, workspace)
        if created:
            console.line(f"Made the workspace “{place.name}”.")
        try:
            with RemoteSession(
                client, place.id, name=notebook.stem, environment=environment, on_wait=_waits
            ) as session:
                console.line(f"Session ready in {session.facts['ready_in'] / 1000:.1f} s.")
                try:
                    failed = _run_cells(cells, session)
                finally:
                    session.keep_widgets(document)
        finally:
            if output is not None:
                _write(document, output)
    return 1 if failed else 0


def _waits(session: dict[str, Any]) -> None:
    queue, capacity = session["queue"], session["capacity_name"]
    if queue["own_limit"]:
        console.line(f"You have as many sessions in the capacity “{capacity}” as one person may have. Waiting ...")
    else:
        console.line(f"Waiting for a place in the capacity “{capacity}”: {queue['place']} of {queue['waiting']} ...")


def _open(path: Path) -> Any:
    try:
        document = _read(path, as_version=4)
        for field, needed in (("kernelspec", {"name", "display_name"}), ("language_info", {"name"})):
            if not needed <= set(document["metadata"].get(field) or {}):  # some tools write them in part
                document["metadata"].pop(field, None)
        nbformat.validate(document)
    except OSError as error:
        raise Invalid(f"{path} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, AttributeError, TypeError, nbformat.ValidationError) as error:
        raise Invalid(f"{path} is not a notebook: {str(error).splitlines()[0]}") from error
    return document


def _write(document: Any, path: Path) -> None:
    """Write the file atomically."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(_to_text(_to_nodes(document)), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)


def _run_cells(cells: list[dict[str, Any]], session: RemoteSession) -> bool:
    """Run the cells in order until one fails that may not, or ends the notebook. Returns whether one failed."""
    for number, cell in enumerate(cells, 1):
        ran = _run_cell(cell, number, len(cells), session)
        if ran.exited:
            return False
        if ran.error is not None and not cells_of.may_fail(cell):
            return True
    return False


def _run_cell(cell: dict[str, Any], number: int, count: int, session: RemoteSession) -> Ran:
    """Run one cell and store its outputs in it."""
    source = cells_of.source(cell)
    title = f"[{number}/{count}] {source.strip().splitlines()[0][:60]}"
    console.line(f"{title} ...")
    began, ran = time.monotonic(), Ran()
    try:
        session.run(source, into=ran, cell=f"cell-{number}")
    except KeyboardInterrupt:
        with contextlib.suppress(HandloomError):
            session.interrupt()
        console.line(f"{title} interrupted")
        raise
    finally:
        cell["outputs"], cell["execution_count"] = ran.outputs, ran.execution_count
    failed = ran.error is not None and not ran.exited
    expected = failed and cells_of.may_fail(cell)
    word = "failed, as it may" if expected else "failed" if failed else "ok"
    console.line(f"{title} {word} {time.monotonic() - began:.1f} s")
    if failed:
        console.line(_traceback(ran))
    return ran


def _traceback(ran: Ran) -> str:
    error = ran.error or {}
    return "\n".join(error["traceback"]) or f"{error['ename']}: {error['evalue']}"
