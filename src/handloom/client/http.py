"""The HTTP client of the server's own API. It raises the same exception that an error response was made from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, overload
from urllib.parse import quote, unquote, urlsplit

import httpx
import msgspec

from handloom.domain.errors import BY_CODE, HandloomError, Invalid, NotFound, Unavailable

T = TypeVar("T")
CHUNK_BYTES = 1024 * 1024
_TIMEOUT = httpx.Timeout(60, read=600)
_SHOWN = 200  # characters of a response that is not ours


class _Error(msgspec.Struct):
    code: str
    message: str
    field: str | None = None


class _ErrorResponse(msgspec.Struct):
    error: _Error


class Client:
    """Client of a running server, authenticated by a token."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
            trust_env=False,  # ignore HTTP_PROXY: a proxy cannot reach a server on this machine
        )

    @overload
    def ask(self, method: str, path: str, body: Any = None) -> Any: ...

    @overload
    def ask(self, method: str, path: str, body: Any = None, *, reply: type[T]) -> T: ...

    def ask(self, method: str, path: str, body: Any = None, *, reply: Any = Any) -> Any:
        """Send `body` as JSON to `/api/v1<path>` and decode the response as `reply`."""
        content = None if body is None else msgspec.json.encode(body)
        return msgspec.json.decode(self.request(method, f"/api/v1{path}", content=content).content, type=reply)

    def download(self, path: str) -> bytes:
        """Return the bytes of `/api/v1<path>`."""
        return self.request("GET", f"/api/v1{path}").content

    def request(
        self, method: str, path: str, content: bytes | Iterable[bytes] | None = None, *, media: str = ""
    ) -> httpx.Response:
        """Send a request to any path of the server and return the response. `media` is the content's type. Raises the
        server's error, or Unavailable.
        """
        _check_path(path)
        headers = {"Content-Type": media} if media else None
        try:
            response = self._http.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise self._not_reached(error) from error
        if response.is_success:
            return response
        raise error_of(response)

    def stream(self, path: str, *, method: str = "GET", body: Any = None) -> Iterator[bytes]:
        """Send a request, with `body` as JSON, to any path of the server and yield the response's body in chunks."""
        _check_path(path)
        content = None if body is None else msgspec.json.encode(body)
        try:
            with self._http.stream(method, path, content=content) as response:
                if not response.is_success:
                    response.read()
                    raise error_of(response)
                yield from response.iter_raw(CHUNK_BYTES)
        except httpx.HTTPError as error:
            raise self._not_reached(error) from error

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _not_reached(self, error: httpx.HTTPError) -> Unavailable:
        reason = str(error) or type(error).__name__
        return Unavailable(f"The server at {self.url} does not answer ({reason}). Run the command again.")


def error_of(response: httpx.Response) -> HandloomError:
    """Convert an error response to the exception that the server raised, NotFound or Unavailable."""
    with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
        error = msgspec.json.decode(response.content, type=_ErrorResponse).error
        return BY_CODE.get(error.code, Unavailable)(error.message, field=error.field)
    kind = NotFound if response.status_code == httpx.codes.NOT_FOUND else Unavailable  # Jupyter answers in text
    return kind(f"The server answered {response.status_code}: {response.text[:_SHOWN]}")


def _check_path(path: str) -> None:
    """Raise Invalid for a path with `.` or `..` segments: httpx would fold them into the path of another resource."""
    decoded = urlsplit(path).path
    while True:
        if {".", ".."} & set(decoded.replace("\\", "/").split("/")):
            raise Invalid(f"The path {path} is not valid: it leads out of its folder.", field="path")
        if decoded == (decoded := unquote(decoded)):
            return


def path_segment(text: str) -> str:
    """Percent-encode text for use as one segment of a path."""
    return quote(text, safe="")
