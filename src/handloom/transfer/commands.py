"""`handloom import` and `handloom export`: a source opened from what was typed, a server, and a move between them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from handloom import local
from handloom.domain.errors import Invalid
from handloom.local import Say
from handloom.settings import Settings
from handloom.store.transfer.journal import Journal
from handloom.transfer.archive import Archive
from handloom.transfer.copying import Copier
from handloom.transfer.export import Export
from handloom.transfer.mlflow_folder import FolderStore
from handloom.transfer.mlflow_rest import Login, RestServer
from handloom.transfer.mlflow_sql import SqlStore
from handloom.transfer.move import Move
from handloom.transfer.notebooks import bring_notebooks
from handloom.transfer.progress import Draw
from handloom.transfer.source import Source
from handloom.transfer.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for. `words` are `mlflow SOURCE`, or the file of an archive."""

    words: list[str]
    workspace: str
    copies: bool = True
    artifact_root: str | None = None
    source_workspace: str = "default"
    check_all: bool = False


def bring(settings: Settings, wanted: Wanted, environ: Mapping[str, str], say: Say, draw: Draw) -> int:
    """Import; the exit code: 0 where all that the source gave is in the workspace, else 1."""
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(contextlib.closing(_source(wanted, environ)))
        target = stack.enter_context(
            contextlib.closing(Target(stack.enter_context(local.server(settings.data, say, settings.database))))
        )
        if target.open(wanted.workspace, make=True):
            say(f"Made the workspace “{wanted.workspace}”.")
        say(f"Moving {source.name} into “{wanted.workspace}”.")
        journal = Journal(settings.data, target.workspace, source.name + ("" if wanted.copies else " without files"))
        if wanted.check_all:
            journal.forget()
        try:
            report = Move(source, target, journal, draw, Copier(target, wanted.copies)).run()
        except KeyboardInterrupt:
            say("Stopped. Run the same command again, and it goes on from here.")
            raise
        if isinstance(source, Archive):
            bring_notebooks(source, target, report)
        for line in report.lines():
            say(line)
        return 0 if report.whole else 1


def _source(wanted: Wanted, environ: Mapping[str, str]) -> Source:
    if len(wanted.words) == 1 and wanted.words[0] != "mlflow":
        return Archive(Path(wanted.words[0]))
    if len(wanted.words) != 2 or wanted.words[0] != "mlflow":
        raise Invalid("Say `handloom import mlflow SOURCE` or `handloom import FILE`.")
    address = wanted.words[1]
    scheme = urlsplit(address).scheme
    if scheme in ("http", "https"):
        login = Login(
            user=environ.get("MLFLOW_TRACKING_USERNAME", ""),
            password=environ.get("MLFLOW_TRACKING_PASSWORD", ""),
            token=environ.get("MLFLOW_TRACKING_TOKEN", ""),
        )
        return RestServer(address, login, wanted.source_workspace)
    if "://" in address and scheme != "file":
        return SqlStore(address, wanted.artifact_root, wanted.source_workspace)
    path = Path(urlsplit(address).path if scheme == "file" else address)
    if path.is_file():
        return SqlStore(f"sqlite:///{path.absolute()}", wanted.artifact_root, wanted.source_workspace)
    return FolderStore(path, wanted.artifact_root)


def take(settings: Settings, workspace: str, file: Path, say: Say, draw: Draw) -> int:
    """Export a workspace to an archive; the exit code."""
    with local.server(settings.data, say, settings.database) as server, contextlib.closing(Target(server)) as target:
        target.open(workspace, make=False)
        for line in Export(target, workspace, file, draw).run():
            say(line)
    return 0
