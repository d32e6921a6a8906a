"""The workspace that a move writes to, through the server's own API and MLflow's artifact addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from handloom.api.errors import CODES, FailureReply
from handloom.api.ui.records import HeldRuns, Saved
from handloom.domain import artifacts
from handloom.domain.errors import HandloomError, Unavailable
from handloom.domain.records import Held, Placed, Record
from handloom.domain.workspaces import Workspace
from handloom.store.engine.data_folder import Running
from handloom.store.transfer.export_records import RecordPage
from handloom.transfer.source import File

T = TypeVar("T")
CHUNK = 1024 * 1024


class _Workspaces(msgspec.Struct):
    workspaces: list[Workspace]


class _Entry(msgspec.Struct):
    path: str
    is_dir: bool
    file_size: int = 0


class _Entries(msgspec.Struct):
    files: list[_Entry] = []


class Target:
    """One workspace of a running server."""

    def __init__(self, server: Running) -> None:
        self.url = server.url
        self.workspace = ""
        self._http = httpx.Client(
            base_url=server.url,
            headers={"Authorization": f"Bearer {server.token}"},
            timeout=httpx.Timeout(60, read=600),
            trust_env=False,
        )

    def workspaces(self) -> list[Workspace]:
        return self.ask("GET", "/workspaces", None, _Workspaces).workspaces

    def open(self, name: str, *, make: bool) -> bool:
        """Choose the workspace of this name or id; whether it was made for the purpose. Raises NotFound."""
        for known in self.workspaces():
            if name in (known.name, known.id):
                self.workspace = known.id
                return False
        if make:
            self.workspace = self.ask("POST", "/workspaces", {"name": name}, Workspace).id
            return True
        raise Unavailable(f"There is no workspace “{name}”.")

    def save(self, records: Sequence[Record]) -> list[Placed]:
        return self.ask("POST", self.path("/records"), {"records": records}, Saved).placed

    def held(self, run_ids: Sequence[str]) -> list[Held]:
        return self.ask("POST", self.path("/records/held"), {"runs": list(run_ids)}, HeldRuns).runs

    def page(self, after: str) -> RecordPage:
        return self.ask("GET", self.path("/records") + f"?after={quote(after)}", None, RecordPage)

    def path(self, rest: str) -> str:
        """A path of our own API below the workspace."""
        return f"/workspaces/{self.workspace}{rest}"

    def files(self, root: str) -> dict[str, int]:
        """The files below an artifact folder with their sizes, by their paths below it."""
        found: dict[str, int] = {}
        todo = [""]
        while todo:
            below = todo.pop()
            url = self._artifacts("") + f"?path={quote(artifacts.join(root, below))}"
            listed = msgspec.json.decode(self._answer(self._http.request, "GET", url).content, type=_Entries)
            for entry in listed.files:
                path = artifacts.join(below, entry.path)
                if entry.is_dir:
                    todo.append(path)
                else:
                    found[path] = entry.file_size
        return found

    def upload(self, path: str, content: Iterable[bytes]) -> None:
        self._answer(self._http.put, self._artifacts(path), content=content)

    def download(self, path: str) -> Iterator[bytes]:
        with self._http.stream("GET", self._artifacts(path)) as reply:
            if not reply.is_success:
                raise Unavailable(f"The file {path} could not be read (the server answered {reply.status_code}).")
            yield from reply.iter_raw(CHUNK)

    def ask(self, method: str, path: str, body: Any, reply: type[T]) -> T:
        content = None if body is None else msgspec.json.encode(body)
        answer = self._answer(self._http.request, method, f"/api/v1{path}", content=content)
        return msgspec.json.decode(answer.content, type=reply)

    def raw(self, path: str) -> bytes:
        """The bytes of a file that our own API gives."""
        return self._answer(self._http.get, f"/api/v1{path}").content

    def close(self) -> None:
        self._http.close()

    def _artifacts(self, path: str) -> str:
        end = f"/{quote(path)}" if path else ""
        return f"/mlflow/{self.workspace}/api/2.0/mlflow-artifacts/artifacts{end}"

    def _answer(self, act: Any, *arguments: Any, **more: Any) -> httpx.Response:
        try:
            answer: httpx.Response = act(*arguments, **more)
        except httpx.TransportError as error:
            raise Unavailable(f"The server at {self.url} does not answer ({error}). Run the command again.") from error
        if answer.is_success:
            return answer
        raise _error(answer)


def _error(answer: httpx.Response) -> HandloomError:
    try:
        failure = msgspec.json.decode(answer.content, type=FailureReply).error
    except msgspec.DecodeError:
        return Unavailable(f"The server answered {answer.status_code}: {answer.text[:200]}")
    kind = next((kind for kind, (code, _) in CODES.items() if code == failure.code), Unavailable)
    return kind(failure.message, field=failure.field)


def listed(files: Iterable[File]) -> dict[str, int]:
    """Files with their sizes by path."""
    return {file.path: file.size for file in files}
