"""`handloom run`: run all cells of a notebook in a session of the data folder's server."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import nbformat

from handloom import console
from handloom.client.session import Ran, RemoteSession
from handloom.client.workspaces import find_or_create_workspace
from handloom.commands import local_server
from handloom.domain.errors import HandloomError, Invalid, Unavailable
from handloom.settings import Settings

_read: Any = nbformat.read
_to_text: Any = nbformat.writes


def run(settings: Settings, notebook: Path, workspace: str, output: Path | None) -> int:
    """Run the notebook and return the exit code: 0, or 1 if a cell fails.

    Writes the notebook with its outputs to `output`, also after a failure. Raises Invalid if the file is not a
    notebook, and the server's errors.
    """
    document = _open(notebook)
    with local_server.connect(settings) as client:
        place, created = find_or_create_workspace(client, workspace)
        if created:
            console.line(f"Made the workspace “{place.name}”.")
        try:
            with RemoteSession(client, place.id, name=notebook.stem) as session:
                console.line(f"Session ready in {session.facts['ready_in'] / 1000:.1f} s.")
                failed = _run_cells(document, session)
        finally:
            if output is not None:
                _write(document, output)
    return 1 if failed else 0


def _open(path: Path) -> Any:
    try:
        document = _read(path, as_version=4)
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
        draft.write_text(_to_text(document), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)


def _run_cells(document: Any, session: RemoteSession) -> bool:
    """Run the code cells in order until one fails, without frozen ones. Returns whether one failed."""
    cells = [cell for cell in document.cells if cell.cell_type == "code" and not cell.metadata.get("frozen")]
    for cell in cells:
        cell.outputs, cell.execution_count = [], None
    for number, cell in enumerate(cells, 1):
        if cell.source.strip() and not _run_cell(cell, f"[{number}/{len(cells)}]", session):
            return True
    return False


def _run_cell(cell: Any, number: str, session: RemoteSession) -> bool:
    """Run one cell and store its outputs in it. Returns whether it succeeded."""
    title = f"{number} {cell.source.strip().splitlines()[0][:60]}"
    console.line(f"{title} ...")
    began, ran = time.monotonic(), Ran()
    try:
        session.run(cell.source, into=ran)
    except KeyboardInterrupt:
        with contextlib.suppress(HandloomError):
            session.interrupt()
        console.line(f"{title} interrupted")
        raise
    finally:
        cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    console.line(f"{title} {'failed' if ran.error else 'ok'} {time.monotonic() - began:.1f} s")
    if ran.error:
        console.line(_traceback(ran))
    return ran.error is None


def _traceback(ran: Ran) -> str:
    error = ran.error or {}
    return "\n".join(error["traceback"]) or f"{error['ename']}: {error['evalue']}"
