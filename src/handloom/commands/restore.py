"""`handloom restore`: makes a new data folder from a backup."""

from pathlib import Path

from handloom import console
from handloom.settings import Settings
from handloom.store.backup import restoring
from handloom.transfer.progress import counted


def restore(settings: Settings, source: Path, snapshot: str | None) -> int:
    """Restore into the data folder of the settings, which must be empty or missing. Returns the exit code."""
    with restoring.unpacked(source) as root:
        manifest = restoring.restore(root, settings.data, settings.database_url, snapshot)
    console.line(f"Restored the snapshot {manifest.id} to {settings.data}: {counted(manifest.files, 'file')}.")
    if manifest.artifacts:
        console.line(f"Its artifacts are not in it: start the server with --artifacts {manifest.artifacts}")
    console.line("Tokens are not part of a backup. `handloom up` prints a link to sign in; make new tokens then.")
    return 0
