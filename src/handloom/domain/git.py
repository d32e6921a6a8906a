"""A workspace's files in git: what is committed of them, and the rules of addresses, authors and messages."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.notebook_versions import without_outputs

NOTEBOOK = ".ipynb"
CODE_ENDINGS = frozenset(
    {
        *(NOTEBOOK, ".py", ".r", ".jl", ".scala", ".sql", ".sh", ".md", ".rst", ".txt", ".toml", ".yaml", ".yml"),
        *(".json", ".cfg", ".ini", ".html", ".css", ".js", ".ts", ".dockerfile", ".makefile", ".lock"),
    }
)
"""Endings of files that are offered for a commit. Data does not belong into a repository."""
MAX_CODE_BYTES = 1_000_000
MAX_NOTEBOOK_BYTES = 64 * 1024 * 1024
"""Bytes of a notebook's file with its outputs."""
MAX_FILES = 5_000
MAX_DEPTH = 20
MAX_MESSAGE = 10_000
MAX_SECRET = 4_000
MAX_SHOWN = 2_000_000
"""Characters of a text that is shown in a comparison."""

_SKIPPED_FOLDERS = frozenset({"Tables", "__pycache__", "node_modules"})

Kind = Literal["added", "changed", "deleted"]

_PAGE = re.compile(r"/[^/]+/.+/(?:-/)?(?:tree|blob|raw|commits?|src/branch)/")
"""In paths of web pages that show a branch, a file or a commit."""
_BRANCH = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_./+@-]{0,198}[A-Za-z0-9_+@-])?")
_EMAIL = re.compile(r"[^\s<>@\x00-\x1f]+@[^\s<>@\x00-\x1f]+")


class GitChange(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the workspace that differs from the last commit. `blob` is the id of its content as it would be
    committed; empty for a deleted file.
    """

    path: str
    kind: Kind
    blob: str


class GitCommit(msgspec.Struct, frozen=True, kw_only=True):
    """A commit; `at` is its author's time in ms since 1970 UTC."""

    id: str
    parents: list[str]
    author: str
    email: str
    at: int
    message: str


class GitCommitChange(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a commit changed."""

    path: str
    kind: Kind


class GitTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The two texts of a comparison, without outputs of notebooks; None where there is no such file.

    `readable` is False for content that is no text or too long to be shown.
    """

    before: str | None
    after: str | None
    readable: bool = True


class GitRemote(msgspec.Struct, frozen=True, kw_only=True):
    """Where a workspace's commits are pushed. Its secret is never part of a reply."""

    url: str
    branch: str
    username: str
    has_secret: bool
    keep_outputs: bool
    """Whether commits hold the outputs of notebooks."""


def is_entered(folder: str) -> bool:
    """Whether a folder with this name is looked into."""
    return not folder.startswith(".") and folder not in _SKIPPED_FOLDERS


def is_managed(path: str) -> bool:
    """Whether a file of a commit is one that a workspace would offer, so that its absence is a deletion."""
    *folders, name = path.split("/")
    return len(folders) <= MAX_DEPTH and all(map(is_entered, folders)) and is_offered(name)


def is_offered(name: str) -> bool:
    """Whether a file with this name may be committed, by its ending."""
    if name.startswith(".") or any(not c.isprintable() for c in name):
        return False
    lower = name.lower()
    return any(lower.endswith(ending) for ending in CODE_ENDINGS) or lower in ("makefile", "dockerfile", "license")


def check_path(path: str) -> None:
    """Raise Invalid for a path that git, or a checkout of it, could take for something else than a file of its tree."""
    parts = path.split("/")
    if not path.isprintable() or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise Invalid(f"{path} cannot be committed: it is no path of a file below the workspace.", field="files")


def limit_of(path: str) -> int:
    """Return the bytes that a file may have."""
    return MAX_NOTEBOOK_BYTES if path.endswith(NOTEBOOK) else MAX_CODE_BYTES


def blob_id(content: bytes) -> str:
    """Return the id that git gives this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def committed(path: str, content: bytes, *, keep_outputs: bool) -> bytes:
    """Return what is committed of a file: a notebook in the format of nbformat, by default without its outputs. Other
    files, and what only looks like a notebook, are committed as they are.
    """
    if not path.endswith(NOTEBOOK):
        return content
    document = document_of(content)
    if document is None:
        return content
    cells = [_for_git(cell if keep_outputs else without_outputs(cell)) for cell in document["cells"]]
    metadata = {key: value for key, value in (document.get("metadata") or {}).items() if key != "widgets"}
    kept = document | {"cells": cells} | ({} if keep_outputs else {"metadata": metadata})
    return (json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "surrogatepass")


def document_of(content: bytes) -> dict[str, Any] | None:
    """Return the document of a notebook with its cells; None for other content."""
    try:
        document = json.loads(content)
        return document if all(isinstance(cell, dict) for cell in document["cells"]) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _for_git(cell: dict[str, Any]) -> dict[str, Any]:
    """Split the source into lines, as nbformat writes it, so that a comparison by lines is of use."""
    source = cell.get("source")
    return cell | {"source": source.splitlines(keepends=True)} if isinstance(source, str) else cell


def shown(path: str, content: bytes | None) -> str | None:
    """Return the text of a file for a comparison. Raises ValueError for content that is no text or is too long."""
    if content is None:
        return None
    text = committed(path, content, keep_outputs=False).decode("utf-8")
    if len(text) > MAX_SHOWN or "\0" in text:
        raise ValueError
    return text


def texts(path: str, before: bytes | None, after: bytes | None) -> GitTexts:
    try:
        return GitTexts(before=shown(path, before), after=shown(path, after))
    except ValueError:
        return GitTexts(before=None, after=None, readable=False)


def check_branch(branch: str) -> str:
    """Return the branch's name. Raises Invalid for what git does not accept as one."""
    branch = branch.strip()
    parts = branch.split("/")
    bad = any(not part or part.startswith(".") or part.endswith((".", ".lock")) for part in parts)
    if bad or ".." in branch or "@{" in branch or branch == "@" or not _BRANCH.fullmatch(branch):
        raise Invalid("The name of a branch has letters, digits and . _ - / +, such as main.", field="branch")
    return branch


def check_remote(url: str) -> str:
    """Return the address of a repository. Raises Invalid for another protocol than http(s), and for credentials in it.

    Which hosts it may lead to is checked when it is used.
    """
    url = url.strip()
    if not url:
        return ""
    if not re.match(r"https?://", url):
        raise Invalid(
            "Give the https address of the repository, such as https://git.example.com/team/notebooks.git. Addresses "
            "of ssh are not supported; git servers offer https with a token.",
            field="url",
        )
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise Invalid(f"This is not an address: {error}.", field="url") from error
    if parts.username is not None or parts.query or parts.fragment or any(not c.isprintable() or c == " " for c in url):
        raise Invalid("Leave user name, password and ? out of the address; they are given apart from it.", field="url")
    if not parts.hostname or not parts.path.strip("/") or len(url) > 2_000:
        raise Invalid("The address has no host or no path of a repository.", field="url")
    return url


def check_source(url: str) -> str:
    """Return the address of a repository to import from. Raises Invalid, also for the address of a page in it."""
    url = check_remote(url.strip().rstrip("/"))
    if not url:
        raise Invalid("Give the address of the repository.", field="remote_url")
    if _PAGE.match(urlsplit(url).path):
        raise Invalid(
            "This is the address of a page in the repository. Give the address that `git clone` takes, and the branch "
            "apart from it.",
            field="remote_url",
        )
    return url


def name_of(url: str) -> str:
    """Return the name of the repository at an address, for a file."""
    last = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2].removesuffix(".git")
    return re.sub(r"[^\w .-]", "-", last).strip(". ")[:100] or "repository"


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address: what a secret belongs to."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def clean_message(message: str) -> str:
    message = "\n".join(line.rstrip() for line in message.replace("\0", "").splitlines()).strip()
    if not message:
        raise Invalid("Say in the message what changed.", field="message")
    if len(message) > MAX_MESSAGE:
        raise Invalid(f"The message has at most {MAX_MESSAGE:,} characters.", field="message")
    return message


def clean_author(name: str, email: str) -> tuple[str, str]:
    """Return the author's name and address as git accepts them. Raises Invalid."""
    name = " ".join("".join(c for c in name if c.isprintable() and c not in "<>").split())
    email = email.strip()
    if not name or len(name) > 200:
        raise Invalid("The name of the author is empty or too long.", field="author")
    if not _EMAIL.fullmatch(email) or len(email) > 300:
        raise Invalid("Give an e-mail address of the author, such as kim@example.com.", field="email")
    return name, email
