"""Keeps on the server what a run needs to be run again: the notebook's cells as they ran, and the session's packages.

The snapshot is kept before the run is created, which gets its digest as a tag. Runs of the same state share one.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from handloom.session.attached import Attached
from handloom.session.cells.history import CONSOLE, Record

TAG = "handloom.snapshot"
SECONDS = 20
_NOT_KEPT = (
    "The notebook was not kept with this run, so that the run cannot be reproduced from its page: {reason}. "
    "The run itself is logged."
)
_DIST = re.compile(r"^(.+?)-([^-]+)\.dist-info$")


class _NotKeptError(Exception):
    """A snapshot could not be kept; the message says why."""


def as_it_ran(document: dict[str, Any], records: dict[str, Record]) -> dict[str, Any]:
    """Return the notebook without outputs. Cells that ran in this session have the source that ran."""
    cells = []
    for cell in document["cells"]:
        if cell.get("cell_type") == "code":
            ran = records.get(str(cell.get("id", "")))
            source = cell.get("source", "") if ran is None or ran.source is None else ran.source
            own = {key: value for key, value in cell.get("metadata", {}).items() if key in ("tags", "frozen")}
            cell = {  # noqa: PLW2901 - the cell without what changes with each execution
                "cell_type": "code",
                "id": cell.get("id", ""),
                "metadata": own,
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
        cells.append(cell)
    kept: dict[str, Any] = {key: document[key] for key in ("nbformat", "nbformat_minor") if key in document}
    language = document.get("metadata", {})
    return {**kept, "metadata": {key: language[key] for key in ("kernelspec",) if key in language}, "cells": cells}


def packages(folders: list[str]) -> list[str]:
    """List the installed packages as `name==version`, by the names of their folders; the first on the path counts."""
    found: dict[str, str] = {}
    for folder in folders:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208 - ten times as fast as iterdir, before each run
        except OSError:
            continue
        for name in names:
            if match := _DIST.match(name):
                plain = re.sub(r"[-_.]+", "-", match[1]).lower()
                found.setdefault(plain, match[2])
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def build(document: dict[str, Any] | None, job: str, records: dict[str, Record]) -> dict[str, Any]:
    """Build a snapshot. Without a document, the server adds that of the session's job."""
    return {
        "document": None if document is None else as_it_ran(document, records),
        "job": job,
        "ran": [cell for cell in records if cell != CONSOLE],
        "python": platform.python_version(),
        "packages": packages(sys.path),
    }


class Snapshots:
    """Sends snapshots to the server, each once."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}  # hash of what was sent -> digest
        self._made: tuple[object, str] | None = None  # what the last snapshot was made of, and its digest
        self._said = ""

    def keep(self, session: Attached, file: Path, order: int, records: dict[str, Record]) -> str:
        """Keep the present state and return its digest; "" where it cannot be kept, which must not fail the run.

        Then the running cell says why, once per reason.
        """
        try:
            return self._keep(session, file, order, records)
        except _NotKeptError as error:
            if str(error) != self._said:
                self._said = str(error)
                print(_NOT_KEPT.format(reason=error), file=sys.stderr)
            return ""

    def _keep(self, session: Attached, file: Path, order: int, records: dict[str, Record]) -> str:
        try:
            made_of = (file.stat().st_mtime_ns, order, tuple(sys.path))
            if self._made is not None and self._made[0] == made_of:
                return self._made[1]
            document = None if session.job is not None else json.loads(file.read_text(encoding="utf-8"))
            body = json.dumps(build(document, session.job or "", records)).encode()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise _NotKeptError("the notebook's file cannot be read") from error
        key = hashlib.sha256(body).hexdigest()
        if key not in self._kept:
            self._kept = {key: _send(session, body)}
        self._made = (made_of, self._kept[key])
        return self._kept[key]


def _send(session: Attached, body: bytes) -> str:
    import httpx

    where = urlsplit(session.tracking_uri)
    prefix = where.path.partition("/mlflow")[0]
    address = f"{where.scheme}://{where.netloc}{prefix}/api/v1/workspaces/{session.workspace}"
    headers = {"Authorization": f"Bearer {session.token}", "Content-Type": "application/json"}
    try:
        reply = httpx.post(
            f"{address}/notebooks/{session.notebook}/snapshots",
            content=body,
            headers=headers,
            timeout=SECONDS,
            trust_env=False,
        )
        if reply.is_client_error:
            raise _NotKeptError(str(reply.json()["error"]["message"]).rstrip("."))
        return str(reply.raise_for_status().json()["digest"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise _NotKeptError("the server did not take it") from error
