"""Write a workspace to an archive: records page by page, then files, notebooks and reports, but no secrets."""

from __future__ import annotations

import time
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import msgspec

from handloom import __version__, console
from handloom.domain.errors import Unavailable
from handloom.domain.folders import ItemFolder, ItemKey
from handloom.domain.items import Kind
from handloom.domain.notebooks import Notebook
from handloom.domain.records import EvaluationDatasetRecord, PointsRecord, TraceRecord, encode_lines
from handloom.domain.reports import ReportPage
from handloom.domain.schedules import Schedule, ScheduleFields
from handloom.transfer.archive import (
    FILES,
    FORMAT,
    MANIFEST,
    NOTEBOOKS,
    RECORDS,
    REPORTS,
    SNAPSHOTS,
    ArchiveManifest,
    FolderEntry,
    NotebookEntry,
    ReportEntry,
    ScheduleEntry,
)
from handloom.transfer.progress import Progress, size
from handloom.transfer.target import Target


class _Items(msgspec.Struct):
    items: list[msgspec.Raw]


class _Item(msgspec.Struct):
    id: str
    kind: Kind
    folder: str = ""


class _Folders(msgspec.Struct):
    folders: list[ItemFolder]


class _Schedules(msgspec.Struct):
    schedules: list[Schedule]


class _Digests(msgspec.Struct):
    digests: list[str]


@dataclass(slots=True)
class Exporter:
    """One export; call `run` once. The archive is written to a temporary file and renamed when it is complete."""

    target: Target
    workspace: str
    path: Path
    counts: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, int] = field(default_factory=dict)

    def run(self) -> list[str]:
        """Write the archive and return lines that summarize its content."""
        draft = self.path.with_name(f".{self.path.name}.draft")
        try:
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                self._records(archive)
                self._files(archive)
                items = self._items()
                notebooks = self._notebooks(archive, items)
                reports = self._reports(archive, items)
                self._snapshots(archive)
                manifest = self._manifest(notebooks, self._schedules(), reports, self._folders(items))
                archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
            draft.replace(self.path)
        except OSError as error:
            raise Unavailable(f"{self.path} cannot be written ({error.strerror}).") from error
        finally:
            draft.unlink(missing_ok=True)
        counted = [f"{kind} {count:,}" for kind, count in self.counts.items() if count]
        lines = [f"Wrote {self.path} ({size(self.path.stat().st_size)}): {', '.join(counted) or 'nothing'}."]
        if self.left_out:
            left = ", ".join(f"{kind} {count:,}" for kind, count in self.left_out.items())
            lines.append(f"Not part of an archive, so only in the workspace: {left}.")
        return lines

    def _manifest(
        self,
        notebooks: list[NotebookEntry],
        schedules: list[ScheduleEntry],
        reports: list[ReportEntry],
        folders: list[FolderEntry],
    ) -> ArchiveManifest:
        return ArchiveManifest(
            format=FORMAT,
            id=uuid4().hex,
            written_by=f"handloom {__version__}",
            written_at=time.time_ns() // 1_000_000,
            workspace=self.workspace,
            runs=self.counts["runs"],
            notebooks=notebooks,
            schedules=schedules,
            reports=reports,
            folders=folders,
            workspace_id=self.target.workspace,
        )

    def _records(self, archive: zipfile.ZipFile) -> None:
        words = {
            "run": "runs",
            "experiment": "experiments",
            "logged_model": "logged models",
            "model": "models",
            "version": "versions",
            "scorer": "versions of scorers",
        }
        seen: dict[str, str] = {}
        after: str | None = ""
        with archive.open(RECORDS, "w", force_zip64=True) as file:
            while after is not None:
                page = self.target.page(after)
                file.write(encode_lines(page.records))
                for record in page.records:
                    tag = str(record.__struct_config__.tag)
                    if isinstance(record, PointsRecord):
                        self.counts["metric points"] += len(record.steps)
                    elif isinstance(record, TraceRecord):
                        self.counts["spans"] += len(record.spans)
                        self.counts["traces"] += seen.get("trace") != record.trace_id
                        seen["trace"] = record.trace_id
                    elif isinstance(record, EvaluationDatasetRecord):
                        self.counts["evaluation rows"] += len(record.rows)
                        self.counts["evaluation datasets"] += seen.get("dataset") != record.dataset_id
                        seen["dataset"] = record.dataset_id
                    else:
                        self.counts[words[tag]] += 1
                console.progress(f"records · {self.counts['runs']:,} runs", last=False)
                after, self.left_out = page.next, page.left_out

    def _files(self, archive: zipfile.ZipFile) -> None:
        """Write the workspace's artifacts, but not files that are in other stores."""
        files = self.target.files("")
        progress = Progress("files", len(files))
        for path in sorted(files):
            entry = zipfile.ZipInfo(FILES + path, time.localtime()[:6])
            entry.compress_type = zipfile.ZIP_STORED
            with archive.open(entry, "w", force_zip64=True) as file:
                for chunk in self.target.download(path):
                    file.write(chunk)
                    progress.moved(len(chunk))
            progress.advance()
        progress.close()
        self.counts["files"] = len(files)

    def _items(self) -> list[_Item]:
        found = self.target.client.ask("GET", self.target.path("/items"), reply=_Items).items
        return [msgspec.json.decode(raw, type=_Item) for raw in found]

    def _notebooks(self, archive: zipfile.ZipFile, items: list[_Item]) -> list[NotebookEntry]:
        found: list[NotebookEntry] = []
        for item in items:
            if item.kind != "notebook":
                continue
            notebook = self.target.client.ask("GET", self.target.path(f"/notebooks/{item.id}"), reply=Notebook)
            content = self.target.client.download(self.target.path(f"/notebooks/{item.id}/file"))
            file = f"{NOTEBOOKS}{len(found) + 1}.ipynb"
            archive.writestr(file, content)
            found.append(NotebookEntry(name=notebook.name, description=notebook.description, file=file, id=item.id))
        self.counts["notebooks"] = len(found)
        return found

    def _reports(self, archive: zipfile.ZipFile, items: list[_Item]) -> list[ReportEntry]:
        """Write the blocks of each report with the ids of this server, by which an import finds the runs."""
        found: list[ReportEntry] = []
        for item in items:
            if item.kind != "report":
                continue
            report = self.target.client.ask("GET", self.target.path(f"/reports/{item.id}"), reply=ReportPage)
            file = f"{REPORTS}{len(found) + 1}.json"
            archive.writestr(file, msgspec.json.encode(report.blocks))
            found.append(ReportEntry(name=report.name, description=report.description, file=file, id=item.id))
        self.counts["reports"] = len(found)
        return found

    def _folders(self, items: list[_Item]) -> list[FolderEntry]:
        found = self.target.client.ask("GET", self.target.path("/folders"), reply=_Folders).folders
        self.counts["folders"] = len(found)
        return [
            FolderEntry(
                id=folder.id,
                parent=folder.parent,
                name=folder.name,
                items=[ItemKey(kind=item.kind, id=item.id) for item in items if item.folder == folder.id],
            )
            for folder in found
        ]

    def _schedules(self) -> list[ScheduleEntry]:
        found = self.target.client.ask("GET", self.target.path("/schedules"), reply=_Schedules).schedules
        self.counts["schedules"] = len(found)
        kept = [name for name in ScheduleFields.__struct_fields__ if name != "webhook_url"]
        return [ScheduleEntry(notebook=one.notebook, **{name: getattr(one, name) for name in kept}) for one in found]

    def _snapshots(self, archive: zipfile.ZipFile) -> None:
        """Write what runs need to be run again."""
        after = ""
        while True:
            path = self.target.path("/snapshots") + f"?after={after}"
            digests = self.target.client.ask("GET", path, reply=_Digests).digests
            for digest in digests:
                content = self.target.client.download(self.target.path(f"/snapshots/{digest}"))
                archive.writestr(f"{SNAPSHOTS}{digest}.json", content)
            self.counts["snapshots of runs"] += len(digests)
            if not digests:
                return
            after = digests[-1]
