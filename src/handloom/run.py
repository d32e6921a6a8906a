"""`handloom run`: a notebook from its first cell to its last, in a session like a page's, on the folder's server."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import nbformat

from handloom import local
from handloom.domain.errors import HandloomError, Invalid, Unavailable
from handloom.local import Say
from handloom.remote import Client, Ran, RemoteSession

_read: Any = nbformat.read
_text_of: Any = nbformat.writes


def run(data: Path, notebook: Path, workspace: str, output: Path | None, say: Say, database: str = "") -> int:
    """The exit code: 0, or 1 where a cell fails. `say` gets progress and tracebacks, a line or more at a time.

    The notebook with its outputs goes to `output`, also after a failure; without, they are not kept.
    Raises Invalid where the file is no notebook, and what the server refuses.
    """
    document = _open(notebook)
    with local.server(data, say, database) as server, contextlib.closing(Client(server.url, server.token)) as client:
        place = _workspace(client, workspace, say)
        try:
            with RemoteSession(client, place, name=notebook.stem) as session:
                say(f"Session ready in {session.facts['ready_in'] / 1000:.1f} s.")
                failed = _cells(document, session, say)
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
    """The whole file or nothing."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(_text_of(document), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)


def _cells(document: Any, session: RemoteSession, say: Say) -> bool:
    """Run the code cells in order, up to the first that fails; whether one did."""
    cells = [cell for cell in document.cells if cell.cell_type == "code"]
    for cell in cells:
        cell.outputs, cell.execution_count = [], None
    for number, cell in enumerate(cells, 1):
        if not cell.source.strip():
            continue
        title = f"[{number}/{len(cells)}] {cell.source.strip().splitlines()[0][:60]}"
        say(f"{title} ...")
        began, ran = time.monotonic(), Ran()
        try:
            session.run(cell.source, into=ran)
        except KeyboardInterrupt:
            with contextlib.suppress(HandloomError):
                session.interrupt()
            say(f"{title} interrupted")
            raise
        finally:
            cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
        say(f"{title} {'failed' if ran.error else 'ok'} {time.monotonic() - began:.1f} s")
        if ran.error:
            say(_traceback(ran))
            return True
    return False


def _traceback(ran: Ran) -> str:
    error = ran.error or {}
    return "\n".join(error["traceback"]) or f"{error['ename']}: {error['evalue']}"


def _workspace(client: Client, name: str, say: Say) -> str:
    for known in client.ask("GET", "/workspaces")["workspaces"]:
        if name in (known["name"], known["id"]):
            return str(known["id"])
    made = client.ask("POST", "/workspaces", {"name": name})
    say(f"Made the workspace “{made['name']}”.")
    return str(made["id"])
