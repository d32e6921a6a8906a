"""The journal of an import: the runs imported completely, one per line, in the data folder, so that a repeated import
resumes.

Losing it only costs time: existing records are found by their ids.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

FOLDER = "imports"


class Journal:
    """The journal of importing one source into one workspace."""

    def __init__(self, root: Path, workspace: str, source: str) -> None:
        name = hashlib.blake2b(f"{workspace} {source}".encode(), digest_size=16).hexdigest()
        self._path = root / FOLDER / f"{name}.txt"
        self._done: dict[str, str] = {}
        if self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                run_id, _, digest = line.partition(" ")
                self._done[run_id] = digest

    def has(self, run_id: str, digest: str) -> bool:
        """Return whether the run was imported completely in its current state."""
        return self._done.get(run_id) == digest

    def forget(self) -> None:
        """Delete the journal, so that everything is checked again."""
        self._done = {}
        self._path.unlink(missing_ok=True)

    def add(self, carried: Iterable[tuple[str, str]]) -> None:
        """Record runs with their digests, durably."""
        lines = [f"{run_id} {digest}\n" for run_id, digest in carried]
        if not lines:
            return
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
