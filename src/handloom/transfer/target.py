"""The workspace that an import writes to or an export reads, accessed through the server's APIs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

import msgspec

from handloom.api.ui.records import ExistingRuns, Saved
from handloom.client.http import Client
from handloom.client.workspaces import find_or_create_workspace, find_workspace
from handloom.domain import artifacts
from handloom.domain.records import ExistingRun, Record
from handloom.store.transfer.export_records import RecordPage
from handloom.transfer.source import SourceWebhook


class _Entry(msgspec.Struct):
    path: str
    is_dir: bool
    file_size: int = 0


class _Entries(msgspec.Struct):
    files: list[_Entry] = []


class _Event(msgspec.Struct):
    entity: str
    action: str


class _Webhook(msgspec.Struct):
    name: str
    url: str
    events: list[_Event]
    description: str = ""


class _Webhooks(msgspec.Struct):
    webhooks: list[_Webhook] = []
    next_page_token: str = ""


class Target:
    """One workspace of a running server."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.workspace = ""

    def open(self, name: str) -> None:
        """Use the workspace with this name or id. Raises NotFound."""
        self.workspace = find_workspace(self.client, name).id

    def open_or_create(self, name: str) -> bool:
        """Use the workspace with this name or id, creating it if missing. Returns whether it was created."""
        workspace, created = find_or_create_workspace(self.client, name)
        self.workspace = workspace.id
        return created

    def save(self, records: Sequence[Record]) -> Saved:
        return self.client.ask("POST", self.path("/records"), {"records": records}, reply=Saved)

    def existing(self, run_ids: Sequence[str]) -> list[ExistingRun]:
        """Count what the workspace has of these runs."""
        return self.client.ask("POST", self.path("/records/existing"), {"runs": list(run_ids)}, reply=ExistingRuns).runs

    def page(self, after: str) -> RecordPage:
        return self.client.ask("GET", self.path("/records") + f"?after={quote(after)}", reply=RecordPage)

    def path(self, rest: str) -> str:
        """Return a path of our own API below the workspace."""
        return f"/workspaces/{self.workspace}{rest}"

    def files(self, root: str) -> dict[str, int]:
        """List the files below an artifact folder: relative paths and sizes."""
        found: dict[str, int] = {}
        todo = [""]
        while todo:
            below = todo.pop()
            url = self._artifacts("") + f"?path={quote(artifacts.join(root, below))}"
            listed = msgspec.json.decode(self.client.request("GET", url).content, type=_Entries)
            for entry in listed.files:
                path = artifacts.join(below, entry.path)
                if entry.is_dir:
                    todo.append(path)
                else:
                    found[path] = entry.file_size
        return found

    def upload(self, path: str, content: Iterable[bytes]) -> None:
        self.client.request("PUT", self._artifacts(path), content)

    def download(self, path: str) -> Iterator[bytes]:
        return self.client.stream(self._artifacts(path))

    def webhooks(self) -> list[SourceWebhook]:
        """List the webhooks of the workspace."""
        found: list[SourceWebhook] = []
        token = ""
        while True:
            answer = self.client.request("GET", f"{self._webhooks}?max_results=1000&page_token={quote(token)}")
            page = msgspec.json.decode(answer.content, type=_Webhooks)
            for one in page.webhooks:
                events = tuple(f"{event.entity}.{event.action}" for event in one.events)
                found.append(SourceWebhook(one.name, one.url, events, one.description))
            token = page.next_page_token
            if not token:
                return found

    def add_webhook(self, webhook: SourceWebhook) -> None:
        """Create a webhook, disabled."""
        events = [dict(zip(("entity", "action"), event.split("."), strict=True)) for event in webhook.events]
        body = {"name": webhook.name, "url": webhook.url, "description": webhook.description, "events": events}
        content = msgspec.json.encode({**body, "status": "DISABLED"})
        self.client.request("POST", self._webhooks, content, media="application/json")

    @property
    def _webhooks(self) -> str:
        return f"/mlflow/{self.workspace}/api/2.0/mlflow/webhooks"

    def _artifacts(self, path: str) -> str:
        end = f"/{quote(path)}" if path else ""
        return f"/mlflow/{self.workspace}/api/2.0/mlflow-artifacts/artifacts{end}"
