"""What the code of a script has that is not committed: for runs that are logged outside of sessions.

Sessions keep a snapshot of the notebook instead.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TAG = "handloom.git.changes"
"""Tag of a run: a JSON object with the `commit`, the `count` of files that differ from it, the first of them as
`files`, and the beginning of the `diff`; `cut` if that is not all of it. Untracked files are named, and are not in the
diff."""
MOST_FILES = 30
LONGEST = 7_000
"""Characters of the tag at most. MLflow has room for 8,000."""
_FRESH_SECONDS = 10.0
_GIT_SECONDS = 5.0


@dataclass(slots=True)
class Code:
    """The state of the main program's repository. Looked at again after some seconds, for programs with many runs."""

    _read_at: float = 0.0
    _tag: str = ""

    def tag(self) -> str:
        """Return the value of the tag; empty where nothing is known: no script, no repository, no git."""
        now = time.monotonic()
        if not self._read_at or now - self._read_at > _FRESH_SECONDS:
            script = _main_file()
            self._tag = "" if script is None else changes(script)
            self._read_at = now
        return self._tag


def changes(script: Path) -> str:
    """Return the value of the tag for a script."""
    folder = script.parent
    root = _git(folder, "rev-parse", "--show-toplevel")
    if root is None or _git(folder, "check-ignore", "--quiet", str(script)) is not None:
        return ""  # such as a program of a virtual environment inside of a repository
    top = Path(root.strip())
    status = _git(top, "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=normal")
    diff = _git(top, "diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames")
    commit = _git(top, "rev-parse", "HEAD")
    if status is None or diff is None or commit is None:
        return ""
    files = [entry[3:] for entry in status.split("\0") if entry]
    shown = files[:MOST_FILES]
    room = LONGEST
    while True:
        value: dict[str, object] = {"commit": commit.strip(), "count": len(files), "files": shown}
        value |= {"diff": diff[:room], "cut": room < len(diff)}
        text = json.dumps(value, ensure_ascii=False)
        if len(text) <= LONGEST:
            return text
        if room == 0:
            shown = shown[: len(shown) // 2]
        room = max(0, room - max(200, len(text) - LONGEST))


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints, or None if it fails or is not installed."""
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None


def _main_file() -> Path | None:
    found = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(found).absolute() if found and Path(found).is_file() else None
