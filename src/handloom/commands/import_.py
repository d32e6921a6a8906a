"""`handloom import`: opens the source that the user named and imports it into a workspace."""

from __future__ import annotations

import contextlib
import importlib
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from handloom import console
from handloom.commands import local_server
from handloom.domain.errors import Invalid, NotFound, Unavailable
from handloom.domain.masking import mask_credentials
from handloom.settings import Settings
from handloom.store.transfer.journal import Journal
from handloom.transfer.archive import Archive
from handloom.transfer.file_copy import FileCopier
from handloom.transfer.folder_tree import import_folders
from handloom.transfer.importer import Importer
from handloom.transfer.links import Renumbered, mend_descriptions, mend_views
from handloom.transfer.mlflow.folder import FileStoreFolder
from handloom.transfer.mlflow.rest import Login, RestServer
from handloom.transfer.mlflow.sql import SqlStore
from handloom.transfer.notebook_files import GitSource, import_files, import_repository, is_repository
from handloom.transfer.notebooks import import_notebooks, import_schedules, import_snapshots
from handloom.transfer.report import Report
from handloom.transfer.report_pages import import_reports
from handloom.transfer.source import ImportSource
from handloom.transfer.survey import survey
from handloom.transfer.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """The options of the command. `source` is a kind with its place, such as `mlflow URL`, or an archive.

    A dry run needs no workspace and no server.
    """

    source: list[str]
    workspace: str | None
    with_artifacts: bool = True
    artifact_root: str | None = None
    source_workspace: str = "default"
    branch: str = ""
    check_all: bool = False
    dry_run: bool = False


def import_into(settings: Settings, options: ImportOptions, environ: Mapping[str, str]) -> int:
    """Import, and return the exit code: 0 if the workspace has everything that the source contains, else 1."""
    if options.source[:1] == ["notebooks"]:
        return _import_notebook_files(settings, options, environ)
    if options.branch:
        raise Invalid("--branch is for git repositories: `handloom import notebooks ADDRESS --branch NAME`.")
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(contextlib.closing(_open_source(options, environ)))
        if options.dry_run:
            return _print_survey(source, options)
        if not options.workspace:
            raise Invalid("Name the workspace to import into with --workspace.")
        target = Target(stack.enter_context(local_server.connect(settings)))
        if target.open_or_create(options.workspace):
            console.line(f"Made the workspace “{options.workspace}”.")
        console.line(f"Moving {source.name} into “{options.workspace}”.")
        key = source.name + ("" if options.with_artifacts else " without files")
        journal = Journal(settings.data, target.workspace, key)
        if options.check_all:
            journal.forget()
        report = Report()
        notebooks = import_notebooks(source, target, report) if isinstance(source, Archive) else {}
        copier = FileCopier(target, options.with_artifacts)
        try:
            importer = Importer(source, target, journal, copier, report, notebooks)
            report = importer.run()
        except KeyboardInterrupt:
            console.line("Stopped. Run the same command again to continue from here.")
            raise
        if isinstance(source, Archive):
            import_schedules(source, target, report, notebooks)
            import_snapshots(source, target, report)
            ids = Renumbered(source.manifest.workspace_id, target.workspace, notebooks, importer.experiments)
            ids.linking_runs, ids.linking_versions = importer.linking_runs, importer.linking_versions
            import_reports(source, target, report, ids)
            mend_descriptions(target, ids, report)
            mend_views(target, ids, report)
            import_folders(source, target, report, ids)
        for line in report.lines():
            console.line(line)
        return 0 if report.complete else 1


def _import_notebook_files(settings: Settings, options: ImportOptions, environ: Mapping[str, str]) -> int:
    """Import .ipynb files, zip archives of notebooks and git repositories. Return 1 if something was left out."""
    if len(options.source) < 2:
        raise Invalid(
            "Use `handloom import notebooks SOURCE...` with .ipynb files, .zip archives or https addresses of git."
        )
    if not options.workspace:
        raise Invalid("Name the workspace to import into with --workspace.")
    if options.dry_run:
        raise Invalid("Notebooks are imported without --dry-run: what the workspace has is never replaced.")
    if options.branch and not any(map(is_repository, options.source[1:])):
        raise Invalid("--branch is for the address of a git repository; there is none among the sources.")
    report = Report()
    with local_server.connect(settings) as client:
        target = Target(client)
        if target.open_or_create(options.workspace):
            console.line(f"Made the workspace “{options.workspace}”.")
        for source in options.source[1:]:
            try:
                if is_repository(source):
                    import_repository(_repository(source, options, environ), target, report)
                else:
                    import_files(Path(source), target, report)
            except (Invalid, NotFound, Unavailable) as error:  # the other sources may be fine
                report.problem(error.message, mask_credentials(source))
    for line in report.lines():
        console.line(line)
    return 0 if report.complete else 1


def _repository(url: str, options: ImportOptions, environ: Mapping[str, str]) -> GitSource:
    """Return what to fetch; user name and token come from variables, since other accounts can read arguments."""
    return GitSource(
        remote_url=url,
        branch=options.branch,
        username=environ.get("GIT_USERNAME", ""),
        secret=environ.get("GIT_TOKEN", ""),
    )


def _print_survey(source: ImportSource, options: ImportOptions) -> int:
    """Print what an import would read, and return 1 if some of it cannot be read."""
    console.line(f"Reading {source.name}.")
    report = survey(source, options.with_artifacts)
    for line in report.lines():
        console.line(line)
    return int(bool(report.problems))


def _open_source(options: ImportOptions, environ: Mapping[str, str]) -> ImportSource:
    words = options.source
    if len(words) == 1 and words[0] not in ("mlflow", *_READERS):
        return Archive(Path(words[0]))
    if len(words) == 2 and words[0] in _READERS:
        return _open_with_package(words[0], Path(words[1]))
    if len(words) != 2 or words[0] != "mlflow":
        kinds = ", ".join(f"`handloom import {kind} FOLDER`" for kind in _READERS)
        raise Invalid(
            f"Use `handloom import mlflow SOURCE`, {kinds}, `handloom import notebooks SOURCE` or "
            "`handloom import FILE`."
        )
    address = words[1]
    scheme = urlsplit(address).scheme
    if scheme in ("http", "https"):
        login = Login(
            user=environ.get("MLFLOW_TRACKING_USERNAME", ""),
            password=environ.get("MLFLOW_TRACKING_PASSWORD", ""),
            token=environ.get("MLFLOW_TRACKING_TOKEN", ""),
        )
        return RestServer(address, login, options.source_workspace)
    if "://" in address and scheme != "file":
        return SqlStore(address, options.artifact_root, options.source_workspace)
    path = Path(urlsplit(address).path if scheme == "file" else address)
    if path.is_file():
        return SqlStore(f"sqlite:///{path.absolute()}", options.artifact_root, options.source_workspace)
    return FileStoreFolder(path, options.artifact_root)


_READERS = {
    "tensorboard": ("handloom.transfer.tensorboard_events", "TensorBoardFolder"),
    "wandb": ("handloom.transfer.wandb_runs", "WandbFolder"),
    "aim": ("handloom.transfer.aim_repository", "AimRepository"),
}
"""Sources whose files a package reads that is not installed with Handloom: module and class of the reader."""


def _open_with_package(kind: str, folder: Path) -> ImportSource:
    module, name = _READERS[kind]
    try:
        reader = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise Invalid(
            f"Reading this needs the package {kind}, of which {error.name} is missing. Install it beside Handloom: "
            f"{shlex.quote(sys.executable)} -m pip install {kind}"
        ) from error
    source: ImportSource = getattr(reader, name)(folder)
    return source
