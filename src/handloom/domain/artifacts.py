"""Artifacts: files of runs and logged models, named by a path inside their workspace's artifact folder.

Defines safe paths, the mapping of artifact URIs to paths, and content types. Accesses no files.
"""

import mimetypes
import re
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import msgspec

from handloom.domain.errors import Invalid

SCHEME = "mlflow-artifacts"
MODEL_FILE = "MLmodel"
"""The file that marks a folder as a model; it has its flavors, signature and versions as YAML."""

RESERVED = ".uploads"
"""Folder of incomplete uploads. No artifact path may begin with it."""

MAX_PARTS = 10_000
"""Maximum number of parts of a multipart upload, which is S3's limit."""

_HOST_SCHEMES = frozenset({"ftp", "sftp", "hdfs", "viewfs", "http", "https", "r2", "b2", "abfss"})
BINARY = "application/octet-stream"
PDF = "application/pdf"
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
# Types that a browser renders; every other text file is shown as plain text.
_SHOWN_AS_THEMSELVES = {"html": "text/html", "htm": "text/html", "svg": "image/svg+xml", "json": "application/json"}


class ArtifactInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a folder. `path` is relative to the listed folder; `size` is None for a folder."""

    path: str
    is_dir: bool
    size: int | None


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A completely uploaded file. `stamp` identifies this version of its content, like an ETag."""

    size: int
    sha256: str
    stamp: str


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Size of a folder. `freed` is the bytes that deleting it would free, without content shared with other files."""

    files: int
    bytes: int
    freed: int


class PartTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A presigned URL to which a client uploads one part of a file."""

    number: int
    url: str


class PartPut(msgspec.Struct, frozen=True, kw_only=True):
    """A part that a client has uploaded, with the ETag that the object store returned."""

    number: int
    etag: str


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """A byte range from `start` to `end`, exclusive."""

    start: int
    end: int


def clean_path(path: str) -> str:
    """Normalize a path: remove `.` segments and double slashes. "" is the root itself.

    Raises Invalid for a path that could leave the root or that other software may read differently: `..`, absolute
    paths, backslashes, `#`, drive letters, control characters, also where they are percent-encoded any number of times.
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
            f"A segment of the path is longer than {_MAX_PART_BYTES} bytes; shorten the file's name.", field="path"
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
    """Join normalized paths, ignoring empty ones."""
    return "/".join(p for p in parts if p)


def path_of(uri: str) -> str | None:
    """Return the path of an artifact URI inside its workspace; None for another store's URI (s3:, ...)."""
    parsed = urlsplit(uri)
    if parsed.scheme != SCHEME or parsed.netloc:
        return None
    return clean_path(parsed.path.lstrip("/"))


def root_of(uri: str) -> str:
    """Return the path like `path_of`, but raise Invalid for another store's URI, which the server cannot read."""
    path = path_of(uri)
    if path is None:
        raise Invalid(f"The files at {uri} are outside of this server; read them with a client that has access.")
    return path


def below(location: str, path: str) -> str:
    """The address of what lies at `path` below a location; the location's query stays at the end."""
    place, mark, query = location.partition("?")
    return f"{place.rstrip('/')}/{path}{mark}{query}"


def check_host(uri: str, field: str) -> None:
    """Raise Invalid for an address that names a host outside of an object store, as MLflow's server does."""
    try:
        found = urlsplit(uri)
    except ValueError as error:
        raise Invalid(f"'{field}' is no address: {uri!r}.", field=field) from error
    if found.scheme in _HOST_SCHEMES or (found.scheme == SCHEME and found.netloc):
        raise Invalid(
            f"'{field}' cannot use the '{found.scheme}' scheme: files are kept on this server or in an object store, "
            "not on a host that a request names. Leave the location out, or use s3:, gs: or wasbs:.",
            field=field,
        )


def uri_of(path: str) -> str:
    return f"{SCHEME}:/{path}"


def slice_of(header: str | None, size: int) -> Slice | None:
    """Parse a Range header; None means the whole file.

    Any header that is not a single byte range is ignored, as HTTP allows. Raises Invalid for a range beyond the end.
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
    """Return the lower-case extension without its dot, or the whole name if it has none, such as MLmodel."""
    name = path.rsplit("/", 1)[-1].lower()
    return name.rsplit(".", 1)[-1]


def download_type(path: str) -> str:
    """Return the content type for MLflow's clients: text/plain for text files, else by extension."""
    if extension(path) in _DOWNLOAD_TEXT:
        return "text/plain"
    return mimetypes.guess_type(path)[0] or BINARY


def preview_type(path: str) -> str:
    """Return the content type for a preview. HTML and SVG keep their type, so callers must serve them sandboxed."""
    end = extension(path)
    if shown := _SHOWN_AS_THEMSELVES.get(end):
        return f"{shown}; charset=utf-8"
    if end in _PREVIEW_TEXT:
        return "text/plain; charset=utf-8"
    return mimetypes.guess_type(path)[0] or BINARY


def disposition(path: str, kind: str) -> str:
    """Format the Content-Disposition header: an ASCII file name, and `filename*` for a name with other characters."""
    name = path.rsplit("/", 1)[-1]
    ascii_name = re.sub(r'[^\x20-\x7e]|["\\]', "_", name)
    if ascii_name == name:
        plain = name if re.fullmatch(r"[\w.\-]+", name, re.ASCII) else f'"{name}"'
        return f"{kind}; filename={plain}"
    return f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"


def without_secrets(address: str) -> str:
    """Remove the password and query of a store's URL, to show it in logs and messages."""
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit((parts.scheme, f"{user.partition(':')[0]}{at}{host}", parts.path, "", ""))
