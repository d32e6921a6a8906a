"""`handloom backup`: writes a snapshot of the data folder while its server runs, or checks one."""

from __future__ import annotations

import tempfile
from pathlib import Path

from handloom import console
from handloom.settings import Settings
from handloom.store.backup import layout, restoring, writing
from handloom.store.backup.layout import SnapshotManifest
from handloom.transfer.progress import counted, size


def back_up(settings: Settings, target: Path, keep: int | None) -> int:
    """Write a snapshot to a folder, or to a file if the name ends with .tar. Returns the exit code."""
    if target.suffix == ".tar":
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.absolute().parent) as folder:
            manifest = _write(settings, Path(folder))
            restoring.pack(Path(folder), target)
    else:
        manifest = _write(settings, target)
        if keep is not None:
            for old in layout.prune(target, keep):
                console.line(f"Deleted the snapshot {old}.")
    console.line(f"Wrote the snapshot {manifest.id} to {target}: {_described(manifest)}.")
    if manifest.skipped:
        console.line(f"{counted(manifest.skipped, 'link or special file')} in the data folder was not backed up.")
    if manifest.artifacts:
        console.line(f"Artifacts are at {manifest.artifacts} and not part of the backup; back them up separately.")
    return 0


def _write(settings: Settings, folder: Path) -> SnapshotManifest:
    files = total = 0

    def on_file(count: int) -> None:
        nonlocal files, total
        files, total = files + 1, total + count
        if files % 100 == 0:
            console.progress(f"{files:,} files · {size(total)}", last=False)

    return writing.write(folder, settings.data, settings.database_url, settings.artifacts, on_file)


def check(source: Path, snapshot: str | None) -> int:
    """Check a snapshot of a backup folder or file. Returns the exit code: 1 if something is damaged."""
    with restoring.unpacked(source) as root:
        manifest, problems = restoring.check(root, snapshot)
    for problem in problems[: restoring.SHOWN]:
        console.line(f"Damaged: {problem}.")
    if len(problems) > restoring.SHOWN:
        console.line(f"and {len(problems) - restoring.SHOWN:,} more.")
    if not problems:
        console.line(f"The snapshot {manifest.id} is sound: {_described(manifest)}.")
    return 1 if problems else 0


def _described(manifest: SnapshotManifest) -> str:
    kind = "SQLite" if manifest.database == "sqlite" else "PostgreSQL"
    return f"{kind} database, {counted(manifest.files, 'file')}, {size(manifest.bytes)}"
