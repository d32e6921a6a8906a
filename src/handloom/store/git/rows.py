"""Where a workspace's commits are pushed, with the secret for it, and the paths of its notebooks in them."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from handloom.domain import clock
from handloom.domain.errors import Invalid
from handloom.domain.git import MAX_SECRET, NOTEBOOK, GitRemote, check_branch, check_remote, origin_of
from handloom.domain.notebooks import Notebook
from handloom.store.engine import secrets
from handloom.store.engine.database import Read, Write
from handloom.store.git.tables import git_paths, git_remotes
from handloom.store.notebooks.tables import notebooks

_NOTHING = GitRemote(url="", branch="main", username="", has_secret=False, keep_outputs=False)


def remote(tx: Read, workspace: str) -> GitRemote:
    """Return the workspace's remote; one without an address if nobody has set it."""
    row = tx.connection.execute(select(git_remotes).where(git_remotes.c.workspace_id == workspace)).first()
    if row is None:
        return _NOTHING
    return GitRemote(
        url=row.url,
        branch=row.branch,
        username=row.username,
        has_secret=row.secret is not None,
        keep_outputs=row.keep_outputs,
    )


def put(
    tx: Write, workspace: str, *, url: str, branch: str, username: str, secret: str | None, keep_outputs: bool
) -> GitRemote:
    """Set the remote. `secret` None keeps the one that is stored, "" removes it. Raises Invalid.

    A stored secret never goes to another host than it was given for.
    """
    url, branch, username = check_remote(url), check_branch(branch), username.strip()
    if len(username) > 200 or ":" in username or any(not c.isprintable() for c in username):
        raise Invalid("A user name has at most 200 characters and no colon.", field="username")
    if secret is not None and (len(secret) > MAX_SECRET or any(not c.isprintable() for c in secret)):
        raise Invalid(f"A token or password has at most {MAX_SECRET:,} characters, in one line.", field="secret")
    old = remote(tx, workspace)
    kept = None
    if secret is None and old.has_secret:
        if url and origin_of(url) != origin_of(old.url):
            raise Invalid("The stored token is for another server. Type the token of this one.", field="secret")
        kept = _sealed(tx, workspace) if url else None
    elif secret:
        kept = secrets.seal(tx.root, secret, _owner(workspace))
    tx.connection.execute(delete(git_remotes).where(git_remotes.c.workspace_id == workspace))
    tx.connection.execute(
        insert(git_remotes).values(
            workspace_id=workspace,
            url=url,
            branch=branch,
            username=username,
            secret=kept,
            keep_outputs=keep_outputs,
            modified_at=clock.now(),
        )
    )
    tx.changed("git", workspace)
    return remote(tx, workspace)


def secret(tx: Read, workspace: str) -> str:
    """Return the stored secret in clear; "" without one. Raises Unavailable if it cannot be decrypted."""
    sealed = _sealed(tx, workspace)
    return secrets.unseal(tx.root, sealed, _owner(workspace)) if sealed else ""


def paths(tx: Read, workspace: str) -> dict[str, str]:
    """Return the paths in commits of notebooks that were pulled from folders, by their files' names."""
    n, g = notebooks.c, git_paths.c
    found = (
        select(n.name, g.path, g.name.label("old_name"))
        .join(notebooks, n.id == g.notebook_id)
        .where(n.workspace_id == workspace, n.deleted_at.is_(None))
    )
    return {
        f"{row.name}{NOTEBOOK}": row.path if row.name == row.old_name else _beside(row.path, f"{row.name}{NOTEBOOK}")
        for row in tx.connection.execute(found)
    }


def _beside(path: str, name: str) -> str:
    return path.rpartition("/")[0] + "/" + name if "/" in path else name


def keep_path(tx: Write, notebook: Notebook, path: str) -> None:
    """Keep where a new notebook is in commits, unless its file's name says so."""
    if path != f"{notebook.name}{NOTEBOOK}":
        tx.connection.execute(insert(git_paths).values(notebook_id=notebook.id, path=path, name=notebook.name))


def _sealed(tx: Read, workspace: str) -> str | None:
    return tx.connection.scalar(select(git_remotes.c.secret).where(git_remotes.c.workspace_id == workspace))


def _owner(workspace: str) -> str:
    return f"git:{workspace}"
