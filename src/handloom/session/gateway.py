"""Local proxy for Azure blob storage, which supports several accounts and SAS tokens in one session.

The engine has only one set of credentials per process. The proxy adds the SAS that the user set for the container of
each request. It listens on loopback, and every path begins with a random secret, so other processes cannot use it.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import secrets
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from handloom.session.mounts import Blob

_NOT_SENT = frozenset({"host", "connection", "authorization", "accept-encoding", "transfer-encoding", "content-length"})
_NOT_RETURNED = frozenset({"connection", "transfer-encoding", "keep-alive"})
_CHUNK = 1 << 20
_API = {"x-ms-version": "2021-12-02"}


@dataclass(frozen=True, slots=True)
class BlobStatus:
    """Whether a blob exists according to Azure."""

    found: bool
    problem: str = ""
    """Message for the user if Azure could not be asked, else empty."""


class Gateway:
    """The proxy. It serves until the process ends."""

    def __init__(self) -> None:
        self._word = secrets.token_urlsafe(16)
        self._containers: dict[str, Blob] = {}
        self._sas: dict[tuple[str, str], str] = {}
        self._http = httpx.Client(timeout=httpx.Timeout(30, read=300), follow_redirects=False, trust_env=True)
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def _serve(self) -> None:
                gateway._serve(self)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815 - http.server's names

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="azure-gateway", daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{self._word}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._http.close()

    def set_sas(self, account: str, container: str, sas: str) -> None:
        """Set the SAS for a container; an empty one means anonymous access."""
        self._sas[account, container] = sas.strip().lstrip("?")

    def uri(self, blob: Blob) -> str:
        """Return the proxy's URI of a blob, for the engine."""
        bucket = hashlib.sha256(f"{blob.base} {blob.account} {blob.container}".encode()).hexdigest()[:24]
        self._containers[bucket] = blob
        return f"az://{bucket}/{blob.path}"

    def exists(self, blob: Blob) -> BlobStatus:
        """Whether a blob with this name or one below it exists."""
        name = blob.path.rstrip("/")
        if "*" in name or "?" in name or "[" in name or "{" in name:
            name = name[: min(i for i in (name.find(c) for c in "*?[{") if i >= 0)].rpartition("/")[0]
        try:
            if name:
                head = self._http.head(self._address(blob, urllib.parse.quote(name), ""), headers=_API)
                if head.status_code == 200:
                    return BlobStatus(True)
            query = f"restype=container&comp=list&maxresults=1&prefix={urllib.parse.quote(name + '/' if name else '')}"
            listed = self._http.get(self._address(blob, "", query), headers=_API)
        except httpx.HTTPError as error:
            return BlobStatus(False, f"{blob.account}.blob.core.windows.net cannot be reached ({error}).")
        if listed.status_code == 200:
            return BlobStatus("<Blob>" in listed.text or "<BlobPrefix>" in listed.text)
        if listed.status_code == 404:
            return BlobStatus(False)
        return BlobStatus(False, _refusal(blob, listed))

    def _address(self, blob: Blob, path: str, query: str) -> str:
        sas = self._sas.get((blob.account, blob.container), "")
        address = f"{blob.base}/{path}" if path else blob.base
        return address + "?" + "&".join(part for part in (query, sas) if part)

    def _serve(self, request: http.server.BaseHTTPRequestHandler) -> None:
        url = urllib.parse.urlsplit(request.path)
        _, word, bucket, *rest = [*url.path.split("/", 3), "", ""][:4]
        blob = self._containers.get(bucket)
        if blob is None or not secrets.compare_digest(word, self._word):
            self._refuse(request, 403)
            return
        size = int(request.headers.get("Content-Length") or 0)
        headers = {key: value for key, value in request.headers.items() if key.lower() not in _NOT_SENT}
        if size or request.command in ("PUT", "POST"):
            headers["Content-Length"] = str(size)
        target = self._address(blob, rest[0] if rest else "", url.query)
        body = _read(request, size) if size else None
        begun = threading.Event()
        try:
            with self._http.stream(request.command, target, headers=headers, content=body) as reply:
                _answer(request, reply, begun)
        except httpx.HTTPError:
            request.close_connection = True
            if not begun.is_set():  # later, an error response would become bytes of the file
                with contextlib.suppress(OSError):
                    self._refuse(request, 502)

    def _refuse(self, request: http.server.BaseHTTPRequestHandler, status: int) -> None:
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()


def _read(request: http.server.BaseHTTPRequestHandler, size: int) -> Iterator[bytes]:
    while size > 0 and (chunk := request.rfile.read(min(size, _CHUNK))):
        size -= len(chunk)
        yield chunk


def _answer(request: http.server.BaseHTTPRequestHandler, reply: httpx.Response, begun: threading.Event) -> None:
    """Stream the reply to the client. A reply without Content-Length is read first, because HTTP/1.1 needs one.

    `begun` is set before the first byte of the response is sent.
    """
    content = None
    if "content-length" not in reply.headers and request.command != "HEAD":
        content = b"".join(reply.iter_raw())
    begun.set()
    request.send_response(reply.status_code)
    for key, value in reply.headers.items():
        if key.lower() not in _NOT_RETURNED:
            request.send_header(key, value)
    if content is not None:
        request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    if request.command == "HEAD":
        return
    for chunk in [content] if content is not None else reply.iter_raw(_CHUNK):
        request.wfile.write(chunk)


def _refusal(blob: Blob, reply: httpx.Response) -> str:
    code = reply.headers.get("x-ms-error-code", "")
    key = f"fs.azure.sas.{blob.container}.{blob.account}.blob.core.windows.net"
    return (
        f"Azure refused to open container {blob.container} of {blob.account} ({reply.status_code} {code}). "
        f'Set a SAS that may read and list: spark.conf.set("{key}", "...")'
    )
