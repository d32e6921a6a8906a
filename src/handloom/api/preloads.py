"""Link elements for index.html: the code and the answers that the page at an address asks for first.

Without them the browser learns of a page's code when the shell has run, and of its data when the page is drawn.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import urljoin

import msgspec

MANIFEST = "manifest.json"
"""What the UI's build says of its files: which source is in which, and what that one imports."""

_ID = r"([\w-]+)"
_PAGES: list[tuple[str, str, tuple[str, ...]]] = [
    ("", "home/HomePage", ()),
    (f"workspaces/{_ID}", "workspaces/WorkspacePage", ("items", "folders")),
    (
        f"workspaces/{_ID}/notebooks/{_ID}",
        "notebooks/NotebookPage",
        ("notebooks/{1}", "/jupyter/notebooks/{0}/{1}"),
    ),
    (
        f"workspaces/{_ID}/experiments/{_ID}",
        "experiments/ExperimentPage",
        ("experiments/{1}", "experiments/{1}/columns", "experiments/{1}/views"),
    ),
    (f"workspaces/{_ID}/models/{_ID}", "models/ModelPage", ("models/{1}",)),
    (f"workspaces/{_ID}/reports/{_ID}", "reports/ReportPage", ()),
]
"""Addresses, the page that the UI's route table has for each, and what it reads of its workspace, or elsewhere."""


def links(folder: Path, path: str, query: str, prefix: str) -> str:
    """The elements for the page at this path; none for a path that has no page of its own here."""
    for pattern, source, answered in _PAGES:
        match = re.fullmatch(pattern, path)
        if match is not None:
            return _links(folder, match, source, answered, query, prefix)
    return ""


def _links(folder: Path, match: re.Match[str], source: str, answered: tuple[str, ...], query: str, prefix: str) -> str:
    answers = ["/api/v1/me", "/api/v1/workspaces"]
    if match.lastindex:
        workspace = f"/api/v1/workspaces/{match[1]}"
        answers += [workspace, *(urljoin(f"{workspace}/", part.format(*match.groups())) for part in answered)]
    if "view=" in query:  # another view of the page, which reads other things
        answers = [one for one in answers if not one.endswith(("/columns", "/views"))]
    code, styles = _files(folder / MANIFEST, f"src/pages/{source}.tsx")
    return "".join(
        [
            *(f'<link rel="modulepreload" crossorigin href="{prefix}/{one}">' for one in code),
            *(f'<link rel="preload" as="style" crossorigin href="{prefix}/{one}">' for one in styles),
            *(f'<link rel="preload" as="fetch" crossorigin href="{prefix}{one}">' for one in answers),
        ]
    )


class _Chunk(msgspec.Struct, frozen=True):
    """What the manifest says of one file of the build."""

    file: str
    imports: list[str] = []
    css: list[str] = []


def _files(manifest: Path, source: str) -> tuple[list[str], list[str]]:
    """Code and styles that the page needs beyond what every page loads; none if the build has no such page."""
    try:
        chunks = _chunks(manifest, manifest.stat().st_mtime_ns)
    except OSError:  # a build of the time before there was one, or one that is just being swapped in
        return [], []
    shell = _needed(chunks, "index.html")
    needed = [chunks[one] for one in _needed(chunks, source) if one not in shell]
    return [one.file for one in needed], [style for one in needed for style in one.css]


@lru_cache(maxsize=4)
def _chunks(manifest: Path, changed_at: int) -> dict[str, _Chunk]:
    return msgspec.json.decode(manifest.read_bytes(), type=dict[str, _Chunk])


def _needed(chunks: dict[str, _Chunk], source: str) -> list[str]:
    """The chunk of this source and all that it imports statically, each once."""
    found: dict[str, None] = {}
    waiting = [source]
    while waiting:
        one = waiting.pop()
        if one in chunks and one not in found:
            found[one] = None
            waiting += chunks[one].imports
    return list(found)
