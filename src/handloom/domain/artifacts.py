"""Artifacts: files of runs and logged models, named by a path inside their workspace's artifact folder.

Holds what a safe path is, how artifact URIs map to paths and what a file is served as. Touches no file.
"""

import mimetypes
import re
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import msgspec

from handloom.domain.errors import Invalid

SCHEME = "mlflow-artifacts"
MODEL_FILE = "MLmodel"
"""The file that makes a folder a model: its flavors, signature and versions as YAML."""

RESERVED = ".uploads"
"""First part of no artifact path: uploads wait here until they are whole."""

MAX_PARTS = 10_000
"""Parts of one multipart upload; S3 takes no more, and nobody needs more."""

BINARY = "application/octet-stream"
_MAX_PART_BYTES = 255
# fmt: off
_DOWNLOAD_TEXT = frozenset({
    "txt", "log", "err", "cfg", "conf", "cnf", "cf", "ini", "properties", "prop", "hocon", "toml", "yaml", "yml",
    "xml", "json", "js", "py", "py3", "csv", "tsv", "md", "rst", "ipynb", "mlmodel", "mlproject",
})
_PREVIEW_TEXT = _DOWNLOAD_TEXT | frozenset({
    "jsonl", "markdown", "ts", "r", "sql", "sh", "css", "rmd", "scala", "java", "c", "cpp", "h",
})
# fmt: on
# What a browser renders as it is; everything else that is text is shown as plain text.
_SHOWN_AS_THEMSELVES = {"html": "text/html", "htm": "text/html", "svg": "image/svg+xml", "json": "application/json"}


class FileInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a folder. `path` is relative to what was listed; `size` is None for a folder."""

    path: str
    is_dir: bool
    size: int | None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A file that has come in whole. `stamp` is the store's word for this state of it; another one, another content."""

    size: int
    sha256: str
    stamp: str


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder holds. `freed` is what deleting it would free: bytes that other files share stay."""

    files: int
    bytes: int
    freed: int


class PartTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Where a client puts one part of a file by itself."""

    number: int
    url: str


class PartPut(msgspec.Struct, frozen=True, kw_only=True):
    """A part that a client has put, with the store's answer to it."""

    number: int
    etag: str


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """The bytes from `start` up to, not with, `end`."""

    start: int
    end: int


def clean_path(path: str) -> str:
    """Return `path` in its one spelling, without `.` parts and doubled slashes; "" is the root itself.

    Raises Invalid for whatever could leave the root or mean something else to another reader: `..`, absolute paths,
    backslashes, `#`, drive letters, control characters, also where they are percent-encoded any number of times.
    """
    decoded = path
    while (once := unquote(decoded)) != decoded:
        decoded = once
    parts = [p for p in path.split("/") if p not in ("", ".")]
    for text in (path, decoded):
        if _unsafe(text):
            raise Invalid("Invalid path", field="path")
    if parts and parts[0].lower() == RESERVED:
        raise Invalid("Invalid path", field="path")
    if any(len(p.encode("utf-8", "surrogatepass")) > _MAX_PART_BYTES for p in parts):
        raise Invalid(
            f"A part of the path is longer than {_MAX_PART_BYTES} bytes; shorten the file's name.", field="path"
        )
    return "/".join(parts)


def _unsafe(path: str) -> bool:
    return (
        "\\" in path
        or "#" in path
        or path.startswith("/")
        or path.lower().startswith("file:")
        or ".." in path.split("/")
        or any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 or ord(c) == 127 for c in path)
        or PurePosixPath(path).is_absolute()
        or bool(PureWindowsPath(path).drive)
    )


def join(*parts: str) -> str:
    """Join clean paths; empty ones vanish."""
    return "/".join(p for p in parts if p)


def path_of(uri: str) -> str | None:
    """The path that an artifact URI names inside its workspace; None where the files are elsewhere (s3:, ...)."""
    parsed = urlsplit(uri)
    if parsed.scheme != SCHEME or parsed.netloc:
        return None
    return clean_path(parsed.path.lstrip("/"))


def root_of(uri: str) -> str:
    """As `path_of`; raise Invalid where the files are kept elsewhere, which only the client's own access reaches."""
    path = path_of(uri)
    if path is None:
        raise Invalid(f"The files at {uri} are kept outside of this server; read them with a client that has access.")
    return path


def uri_of(path: str) -> str:
    return f"{SCHEME}:/{path}"


def slice_of(header: str | None, size: int) -> Slice | None:
    """The bytes that a Range header asks for; None means the whole file.

    Whatever is no single range of bytes counts as not asked, as HTTP allows. Raises Invalid for one beyond the end.
    """
    match = re.fullmatch(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", header or "", re.ASCII | re.IGNORECASE)
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(size, int(match[2]) + 1) if match[2] else size
        if match[2] and int(match[2]) < start:
            return None
    if start >= size:
        raise Invalid(f"The file has {size} bytes; the range begins after its end.")
    return Slice(start=start, end=end)


def extension(path: str) -> str:
    """The lower-case extension without its dot; the whole name where there is none, as with MLmodel."""
    name = path.rsplit("/", 1)[-1].lower()
    return name.rsplit(".", 1)[-1]


def download_type(path: str) -> str:
    """The content type MLflow's clients see: text/plain for what is text, else by the name."""
    if extension(path) in _DOWNLOAD_TEXT:
        return "text/plain; charset=utf-8"
    return mimetypes.guess_type(path)[0] or BINARY


def preview_type(path: str) -> str:
    """The content type a page previews a file with; html and svg keep theirs, so they must be served sandboxed."""
    end = extension(path)
    if shown := _SHOWN_AS_THEMSELVES.get(end):
        return f"{shown}; charset=utf-8"
    if end in _PREVIEW_TEXT:
        return "text/plain; charset=utf-8"
    return mimetypes.guess_type(path)[0] or BINARY


def disposition(path: str, kind: str) -> str:
    """The Content-Disposition of a file: an ASCII name for old readers, and the real one where it differs."""
    name = path.rsplit("/", 1)[-1]
    ascii_name = re.sub(r'[^\x20-\x7e]|["\\]', "_", name)
    if ascii_name == name:
        plain = name if re.fullmatch(r"[\w.\-]+", name, re.ASCII) else f'"{name}"'
        return f"{kind}; filename={plain}"
    return f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"


def without_secrets(address: str) -> str:
    """The address of a store as logs and people may see it: without password and query."""
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit((parts.scheme, f"{user.partition(':')[0]}{at}{host}", parts.path, "", ""))
