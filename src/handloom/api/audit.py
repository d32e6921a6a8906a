"""Record requests in the audit log: routes name the action, and what is recorded is read from their request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from handloom.domain.audit import Action, Actor
from handloom.domain.masking import mask_credentials
from handloom.domain.members import Caller
from handloom.store.audit import rows as audit_store
from handloom.store.audit import targets
from handloom.store.engine.database import Write

_TARGETS = {
    "account": "user",
    "user": "user",
    "changed_group": "group",
    "group": "group",
    "token": "token",
    "schedule": "schedule",
    "job": "job",
    "notebook": "notebook",
    "report": "report",
    "folder": "folder",
    "session": "session",
    "retention_rule": "retention",
    "experiment": "experiment",
    "experiment_id": "experiment",
    "webhook_id": "webhook",
    "dataset_id": "dataset",
    "changed_capacity": "capacity",
    "environment": "environment",
    "model": "model",
    "membership": "workspace",
    "place": "workspace",
    "prefix": "mount",
    "remote_url": "remote",
    "workspace_name": "workspace",
    "removed": "workspace",
    "name": "name",
    "run": "run",
    "run_id": "run",
    "runs": "run",
    "table": "table",
    "file": "file",
    "path": "artifact",
}
"""Fields of requests that say what is acted on, and their noun. The first that a request has is the target."""

_DETAILS = (
    "admin",
    "alias",
    "artifacts_mb",
    "autolog",
    "branch",
    "capacity",
    "cores",
    "cron",
    "days",
    "disabled",
    "display_name",
    "enabled",
    "engine",
    "environment",
    "claim",
    "expires_in_days",
    "files_mb",
    "gpus",
    "group",
    "idle_minutes",
    "items",
    "keep_tags",
    "memory_mb",
    "minutes",
    "message",
    "name",
    "new_name",
    "notebooks",
    "paused",
    "processes",
    "requirements",
    "resolved",
    "role",
    "schema",
    "sessions",
    "sessions_per_person",
    "stage",
    "status",
    "successor",
    "version",
)
"""Fields that become part of an entry. Secrets, contents and addresses are not among them."""

MAX_TEXT = 300
"""Characters of a target or a value of the detail; longer ones are cut."""


@dataclass(slots=True)
class PendingEntry:
    """An entry that is added with the first write of a `live` handler."""

    add: Callable[[Write], None]
    added: bool = False


def actor(caller: Caller, address: str | None) -> Actor:
    return Actor(user=caller.user.id, name=caller.user.name, via=caller.kind, address=address)


def entry(who: Actor, action: Action, workspace: str, given: msgspec.Struct) -> Callable[[Write], None]:
    """Return what adds the entry of a request, to be called within its transaction and before it changes anything."""
    fields: Mapping[str, Any] = {
        name: value for name, value in msgspec.structs.asdict(given).items() if isinstance(value, (str, int, list))
    }
    if action == "run.delete" and fields.get("restore"):  # one route of pages does both
        action = "run.restore"
    named = next((field for field in _TARGETS if fields.get(field)), None)
    detail = {
        field: _text(fields[field]) for field in _DETAILS if field != named and fields.get(field, "") not in ("", [])
    }

    def add(tx: Write) -> None:
        target = ""
        if "group" in detail:
            detail["group"] = _cut(targets.name(tx, "group", detail["group"], workspace))
        if named is not None:
            noun, value = _TARGETS[named], fields[named]
            ids = value if isinstance(value, list) else [value]
            target = ", ".join(targets.name(tx, noun, str(one), workspace) for one in ids[:10])
            if len(ids) > 10:
                target += f" (+{len(ids) - 10})"
        audit_store.add(tx, who, action, workspace=workspace, target=_cut(target), **detail)

    return add


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _cut(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def _cut(text: str) -> str:
    text = mask_credentials(text)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
