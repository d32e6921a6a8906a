"""Upload and download artifacts over HTTP: stream bodies to files and files to responses, in constant memory."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections.abc import Callable, Iterator
from email.utils import formatdate, parsedate_to_datetime
from functools import partial
from typing import Protocol

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from handloom.api import quotas
from handloom.api.server import Server
from handloom.domain import artifacts as rules
from handloom.domain.errors import HandloomError, Invalid, NotFound
from handloom.store.artifacts import rows as artifact_rows
from handloom.store.artifacts.storage import Opened

log = logging.getLogger("handloom.api")

BLOCK = 1024 * 1024
Shape = Callable[[BaseException], Response]


async def receive(server: Server, workspace: str, path: str, http: Request, limit: int | None = None) -> None:
    """Stream a request's body into the artifact `path`. Readers see the file only once it is complete and on disk."""
    length = http.headers.get("content-length", "")
    expected = int(length) if length.isdecimal() else None
    if limit is not None and expected is not None and expected > limit:
        raise _too_large(limit)
    await quotas.require_artifact_room(server, workspace, expected or 0)
    upload = await server.on_thread(lambda: server.artifacts.upload(workspace, path, expected))
    clean = rules.clean_path(path)
    try:
        await fill(server, upload, http, limit)
        kept = await server.on_thread(upload.finish)
        if expected is None:
            await quotas.require_artifact_room(server, workspace, kept.size)
        # Publish the file and store its hash in parallel, since each waits for the disk. A stored hash whose stamp
        # does not match the file is ignored, so the order does not matter.
        published = asyncio.ensure_future(server.on_thread(upload.show))
        try:
            replaced = await server.write(lambda tx: artifact_rows.record(tx, workspace, clean, kept))
        finally:
            await published
    except ClientDisconnect as error:
        raise Invalid("The upload was interrupted; no part of it was kept.") from error
    except NotFound:  # the workspace was removed during the upload
        await server.on_thread(lambda: server.artifacts.delete(workspace, path))
        raise
    finally:
        await asyncio.shield(server.on_thread(upload.abandon))
    if replaced:
        await server.on_thread(lambda: server.artifacts.release([replaced]))


class Writer(Protocol):
    """What a body is written to, on a thread."""

    def write(self, data: memoryview) -> None: ...


async def fill(server: Server, upload: Writer, http: Request, limit: int | None = None) -> None:
    """Copy the body through two buffers: one is written to disk while the other fills. Both are reused."""
    total, filled = 0, 0
    block, other = memoryview(bytearray(BLOCK)), memoryview(bytearray(BLOCK))
    writing: asyncio.Future[None] | None = None
    try:
        async for chunk in http.stream():
            total += len(chunk)
            if limit is not None and total > limit:
                raise _too_large(limit)
            rest = memoryview(chunk)
            while rest:
                size = min(len(rest), BLOCK - filled)
                block[filled : filled + size] = rest[:size]
                rest, filled = rest[size:], filled + size
                if filled == BLOCK:
                    if writing is not None:
                        await writing
                    writing = asyncio.ensure_future(server.on_thread(partial(upload.write, block)))
                    block, other, filled = other, block, 0
    finally:
        if writing is not None:
            await writing
    if filled:
        await server.on_thread(partial(upload.write, block[:filled]))


def _too_large(limit: int) -> Invalid:
    return Invalid(f"Artifact size is too large. Max size is {limit // 1024 // 1024}MB.")


async def remove(server: Server, workspace: str, path: str) -> None:
    """Delete a file, or a folder recursively. A missing path is no error."""
    clean = rules.clean_path(path)
    await server.on_thread(lambda: server.artifacts.delete(workspace, path))
    hashes = await server.write(lambda tx: artifact_rows.delete_records(tx, workspace, clean))
    await server.on_thread(lambda: server.artifacts.release(hashes))


async def artifact_response(
    server: Server, workspace: str, path: str, headers: dict[str, str], shape: Shape, *, content: bool = True
) -> ArtifactResponse:
    """Open the artifact `path` and return the response that streams it. Raises NotFound, or Invalid for a folder.

    `shape` turns an error that occurs before the first byte into a response. `content=False` opens the file without
    fetching its bytes yet (for HEAD and range requests).
    """
    clean = rules.clean_path(path)
    opened = await server.on_thread(lambda: server.artifacts.open(workspace, path, content=content))
    try:
        sha256 = await server.read(lambda tx: artifact_rows.sha256(tx, workspace, clean, opened.stamp))
    except BaseException:
        opened.close()
        raise
    return ArtifactResponse(server, opened, headers, sha256, shape)


class ArtifactResponse(Response):
    """Send a file or the requested byte range, with ETag and digest; 304 where If-None-Match matches."""

    def __init__(
        self, server: Server, opened: Opened, headers: dict[str, str], sha256: str | None, shape: Shape
    ) -> None:
        self._server, self._opened, self._shape = server, opened, shape
        self._begun = False
        tag = sha256 or hashlib.sha256(opened.stamp.encode()).hexdigest()[:32]
        self._etag = f'"{tag}"'
        super().__init__(
            headers={
                **headers,
                "ETag": self._etag,
                "Accept-Ranges": "bytes",
                "Last-Modified": formatdate(opened.modified, usegmt=True),
            }
        )
        if sha256 is not None:
            self.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._answer(scope, receive, send)
        except HandloomError as error:
            if not self._begun:
                return await self._shape(error)(scope, receive, send)
            log.warning("A download was cut short: %s", error.message)  # the client sees that bytes are missing
        finally:
            self._opened.close()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope)
        size = self._opened.size
        start, end = 0, size
        if self._not_modified(asked):
            self.status_code = 304
            await self._begin(send, None)
            return await _end(send)
        try:
            if self._if_range_holds(asked.get("if-range")) and (part := rules.slice_of(asked.get("range"), size)):
                start, end = part.start, part.end
                self.status_code = 206
                self.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        except Invalid:
            self.status_code = 416
            self.headers["Content-Range"] = f"bytes */{size}"
            await self._begin(send, 0)
            return await _end(send)
        if scope["method"] == "HEAD":
            await self._begin(send, end - start)
            return await _end(send)
        return await self._stream(start, end, receive, send)

    def _not_modified(self, asked: Headers) -> bool:
        tags = asked.get("if-none-match")
        if tags is None:
            return False
        return tags.strip() == "*" or self._etag in {tag.strip().removeprefix("W/") for tag in tags.split(",")}

    def _if_range_holds(self, condition: str | None) -> bool:
        """Whether the If-Range condition (an ETag or a date) matches this version of the file."""
        if condition is None or condition == self._etag:
            return True
        try:
            return parsedate_to_datetime(condition).timestamp() == int(self._opened.modified)
        except ValueError:
            return False

    async def _begin(self, send: Send, length: int | None) -> None:
        if length is not None:
            self.headers["content-length"] = str(length)
        self._begun = True
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})

    async def _stream(self, start: int, end: int, receive: Receive, send: Send) -> None:
        """Send the bytes, reading one block ahead. Read the first block before the headers, so that its error gets a
        proper error response.
        """
        blocks = self._opened.chunks(start, end)
        block = await self._next(blocks)
        await self._begin(send, end - start)
        gone = asyncio.ensure_future(_gone(receive))
        try:
            while block and not gone.done():
                ahead = asyncio.ensure_future(self._next(blocks))
                await send({"type": "http.response.body", "body": block, "more_body": True})
                block = await ahead
        finally:
            gone.cancel()
        if not gone.done() or gone.cancelled():
            await _end(send)

    async def _next(self, blocks: Iterator[bytes]) -> bytes:
        return await self._server.on_thread(lambda: next(blocks, b""))


async def _end(send: Send) -> None:
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    """Return when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
