"""The audit log: the actions that are recorded, and what an entry holds."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

Action = Literal[
    "sign_in.link",
    "sign_in.password",
    "sign_in.provider",
    "sign_in.failed",
    "sign_in.out",
    "sign_in.out_elsewhere",
    "user.create",
    "user.change",
    "user.remove",
    "user.hand_over",
    "user.invite",
    "user.password",
    "user.sign_out",
    "group.create",
    "group.change",
    "group.remove",
    "group.join",
    "group.leave",
    "token.create",
    "token.revoke",
    "workspace.create",
    "workspace.change",
    "workspace.remove",
    "workspace.restore",
    "workspace.purge",
    "workspace.quota",
    "workspace.delete",
    "member.add",
    "member.change",
    "member.remove",
    "member.leave",
    "member.ask",
    "member.decline",
    "server.drain",
    "server.restart",
    "server.resume",
    "capacity.create",
    "capacity.change",
    "capacity.remove",
    "environment.create",
    "environment.change",
    "environment.delete",
    "mount.set",
    "mount.remove",
    "table.restore",
    "table.recover",
    "table.delete",
    "file.delete",
    "file.recover",
    "webhook.create",
    "webhook.change",
    "webhook.delete",
    "notebook.create",
    "notebook.change",
    "notebook.replace",
    "notebook.delete",
    "notebook.restore",
    "notebook.version_delete",
    "notebook.run",
    "notebook.stop",
    "schedule.create",
    "schedule.change",
    "schedule.run",
    "schedule.delete",
    "git.change",
    "git.commit",
    "git.push",
    "git.fetch",
    "git.pull",
    "git.import",
    "session.start",
    "session.stop",
    "experiment.create",
    "experiment.change",
    "experiment.delete",
    "experiment.restore",
    "folder.create",
    "folder.change",
    "folder.delete",
    "folder.move",
    "report.create",
    "report.change",
    "report.delete",
    "report.restore",
    "run.copy",
    "run.delete",
    "run.move",
    "run.stop",
    "run.restore",
    "comment.create",
    "comment.change",
    "comment.delete",
    "retention.create",
    "retention.change",
    "retention.delete",
    "retention.apply",
    "trace.delete",
    "artifact.delete",
    "model.create",
    "model.change",
    "model.delete",
    "version.create",
    "version.change",
    "version.delete",
    "alias.set",
    "alias.delete",
    "dataset.change",
    "dataset.delete",
    "scorer.delete",
]
"""What is recorded, as `area.verb`. What is logged to runs (metrics, params, tags, files) is not: it is data."""

ACTIONS: tuple[Action, ...] = get_args(Action)

Area = Literal[
    "sign_in",
    "user",
    "group",
    "token",
    "workspace",
    "member",
    "server",
    "capacity",
    "environment",
    "mount",
    "table",
    "file",
    "webhook",
    "notebook",
    "schedule",
    "git",
    "session",
    "experiment",
    "folder",
    "report",
    "run",
    "comment",
    "retention",
    "trace",
    "artifact",
    "model",
    "version",
    "alias",
    "dataset",
    "scorer",
]
AREAS: tuple[Area, ...] = get_args(Area)

Via = Literal["", "open", "browser", "proxy", "api", "kernel", "local", "server"]
"""The credential of a request: none, a server without sign-in, a browser, a trusted proxy's header, an API token, a
notebook's kernel, the command line on the server's machine, or the server itself, by a rule that somebody made.
"""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, and from where. Without a user: somebody who failed to sign in under `name`, or the server."""

    user: str | None
    name: str
    via: Via
    address: str | None


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One action. Names are those of that time; ids lead to what still exists."""

    id: int
    at: int
    user: str | None
    """The id of who acted; None where somebody failed to sign in, and for the server itself."""
    user_name: str
    via: Via
    address: str | None
    """The IP address of the request."""
    action: Action
    workspace: str | None
    workspace_name: str
    target: str
    """The name of what was acted on, or its id where it has no name."""
    detail: dict[str, str]
    """What else the request said, by field, e.g. `role`. Secrets and contents are never part of it."""
