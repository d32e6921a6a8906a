"""Git for a workspace's notebooks and code: status, comparison, commit, history, and push to another server."""

from __future__ import annotations

import shutil
import time
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import msgspec
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from handloom.api.outbound import Outbound
from handloom.api.routing import Context, Empty, Route, live, read
from handloom.api.server import Server
from handloom.domain import git as rules
from handloom.domain import webhooks
from handloom.domain.errors import Conflict, Invalid, NotFound
from handloom.domain.git import GitChange, GitCommit, GitCommitChange, GitRemote, GitTexts
from handloom.domain.members import Role, User
from handloom.kernels.git.repository import GitAccess, NewCommit
from handloom.store.engine.database import Read, Write
from handloom.store.git import rows as git_store
from handloom.store.git import working_files

PAGE = 50


class GitPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class GitStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a workspace's files differ from its last commit."""

    installed: bool
    """Whether the server has the program git. Without it, nothing else is filled in."""
    remote: GitRemote
    head: str | None = None
    """The id of the last commit."""
    changes: list[GitChange] = []
    waiting: int | None = 0
    """Commits that are not pushed, as far as is known; None if nothing was ever pushed to the branch."""
    behind: int = 0
    """Commits of the branch that are not here, as far as is known."""
    left_out: list[str] = []
    """Code files that are too large to be committed."""
    complete: bool = True
    """Whether all files of the workspace were looked at."""


class SetGitRemote(msgspec.Struct, frozen=True, kw_only=True):
    """`secret` is a token or password: absent keeps the one that is stored, an empty one removes it."""

    workspace: str
    remote_url: str = ""
    branch: str = "main"
    username: str = ""
    secret: str | None = None
    keep_outputs: bool = False


class GitFilePath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    path: str


class CommitFilePath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    commit: str
    path: str


class GitCommitPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    commit: str


class PickedGitChange(msgspec.Struct, frozen=True, kw_only=True):
    """A file to commit, with the `blob` of the status that the person saw."""

    path: str
    blob: str


class CreateGitCommit(msgspec.Struct, frozen=True, kw_only=True):
    """Commit these files. Without an author, it is the caller."""

    workspace: str
    message: str
    files: list[PickedGitChange]
    author: str = ""
    email: str = ""


class ListGitCommits(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    before: str = ""
    """The id of the last commit of the page before."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = PAGE


class GitCommits(msgspec.Struct, frozen=True, kw_only=True):
    """Commits, newest first."""

    commits: list[GitCommit]
    more: bool


class GitCommitDetails(msgspec.Struct, frozen=True, kw_only=True):
    commit: GitCommit
    changes: list[GitCommitChange]


class FetchedGitBranch(msgspec.Struct, frozen=True, kw_only=True):
    """`found` is False if the repository does not have the branch yet."""

    found: bool


class ArchiveGitRepository(msgspec.Struct, frozen=True, kw_only=True):
    """A repository to read once; nothing of this is kept. Without a `branch`, it is the repository's own."""

    workspace: str
    remote_url: str
    branch: str = ""
    username: str = ""
    secret: str = ""


class ComparedFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The workspace's files compared with its last commit. `blobs` has the files' own ids by path."""

    head: str | None
    tree: dict[str, str]
    listing: working_files.WorkingFiles
    blobs: dict[str, str]
    changes: list[GitChange]


async def get_status(server: Server, context: Context, request: GitPath) -> GitStatus:
    remote = await server.read(lambda tx: git_store.remote(tx, request.workspace))
    if not server.git.is_installed:
        return GitStatus(installed=False, remote=remote)
    found = await compare(server, request.workspace, remote)
    fetched = await server.git.fetched(request.workspace, remote.branch)
    behind = (await server.git.ahead_behind(request.workspace, found.head, fetched))[1] if fetched else 0
    return GitStatus(
        installed=True,
        remote=remote,
        head=found.head,
        changes=found.changes,
        waiting=await server.git.waiting(request.workspace, remote.branch),
        behind=behind,
        left_out=found.listing.left_out,
        complete=found.listing.complete,
    )


async def compare(server: Server, workspace: str, remote: GitRemote) -> ComparedFiles:
    root, keep = server.settings.data, remote.keep_outputs
    names = await server.read(lambda tx: git_store.paths(tx, workspace))
    head = await server.git.head(workspace)
    tree = await server.git.tree(workspace, head)

    def look() -> tuple[working_files.WorkingFiles, dict[str, str]]:
        listing = working_files.listed(root, workspace, names)
        blobs = {path: working_files.blob(root, workspace, file, keep) for path, file in listing.files.items()}
        return listing, {path: blob for path, blob in blobs.items() if blob}

    listing, blobs = await server.on_thread(look)
    differing = {path: tree[path] for path, blob in blobs.items() if tree.get(path, blob) != blob}
    same = await _same_without_outputs(server, workspace, differing, blobs, keep_outputs=keep)
    changes = [
        GitChange(path=path, kind="changed" if path in tree else "added", blob=blob)
        for path, blob in blobs.items()
        if tree.get(path) != blob and path not in same
    ]
    if listing.complete:
        gone = tree.keys() - blobs.keys() - set(listing.left_out)
        changes += [GitChange(path=path, kind="deleted", blob="") for path in gone if rules.is_managed(path)]
    changes = sorted(changes, key=lambda change: change.path)
    return ComparedFiles(head=head, tree=tree, listing=listing, blobs=blobs, changes=changes)


async def _same_without_outputs(
    server: Server, workspace: str, differing: dict[str, str], blobs: dict[str, str], *, keep_outputs: bool
) -> set[str]:
    """Return the notebooks that differ from the commit only in what is not committed, such as outputs that somebody
    committed elsewhere.
    """
    notebooks = {path: blob for path, blob in differing.items() if path.endswith(rules.NOTEBOOK)}
    contents = await server.git.contents(workspace, list(notebooks.values()))

    def compare() -> set[str]:
        return {
            path
            for path, blob in notebooks.items()
            if rules.blob_id(rules.committed(path, contents[blob], keep_outputs=keep_outputs)) == blobs[path]
        }

    return await server.on_thread(compare)


async def set_remote(server: Server, context: Context, request: SetGitRemote) -> GitRemote:
    url = rules.check_remote(request.remote_url)
    if url:
        await _addresses(server, url)  # outside of any transaction, since DNS may be slow

    def put(tx: Write) -> GitRemote:
        return git_store.put(
            tx,
            request.workspace,
            url=url,
            branch=request.branch,
            username=request.username,
            secret=request.secret,
            keep_outputs=request.keep_outputs,
        )

    return await server.write(put)


async def _addresses(server: Server, url: str) -> tuple[str, int, list[str]]:
    """Return host, port and the addresses of a repository's server. Raises Invalid for one that is not allowed."""
    host, port, secure = webhooks.host_of(url)
    outbound = Outbound(server.settings.webhook_networks)
    return host, port, await outbound.addresses(host, port, secure, "The address of the repository")


async def compare_file(server: Server, context: Context, request: GitFilePath) -> GitTexts:
    workspace, path = request.workspace, request.path
    tree = await server.git.tree(workspace, await server.git.head(workspace))
    blob = tree.get(path)

    after = await read_now(server, workspace, path)
    if blob is None and after is None:
        raise NotFound("There is no such file in the workspace and its last commit.")
    before = (await server.git.contents(workspace, [blob]))[blob] if blob else None
    return await server.on_thread(partial(rules.texts, path, before, after))


async def read_now(server: Server, workspace: str, path: str) -> bytes | None:
    """Return a file of the workspace by its path in commits; None if it is not listed."""
    names = await server.read(lambda tx: git_store.paths(tx, workspace))

    def now() -> bytes | None:
        found = working_files.listed(server.settings.data, workspace, names).files.get(path)
        return working_files.read(server.settings.data, workspace, found.file) if found else None

    return await server.on_thread(now)


async def create_commit(server: Server, context: Context, request: CreateGitCommit) -> GitCommit:
    workspace = request.workspace
    message = rules.clean_message(request.message)
    author, email = rules.clean_author(*author_of(context.caller.user, request.author, request.email))
    remote = await server.read(lambda tx: git_store.remote(tx, workspace))
    picked = {file.path: file.blob for file in request.files}
    if not picked:
        raise Invalid("Select at least one file to commit.", field="files")
    async with server.git.writing(workspace):
        found = await compare(server, workspace, remote)
        blobs = {change.path: change.blob for change in found.changes}
        if changed := next((path for path, blob in picked.items() if blobs.get(path) != blob), None):
            raise _changed_meanwhile(changed)
        contents = {path: await _content(server, remote, workspace, path, found, picked[path]) for path in picked}
        at = int(time.time())
        commit = NewCommit(parent=found.head, author=author, email=email, at=at, message=message, contents=contents)
        added = await server.git.add(workspace, commit)
    await server.write(lambda tx: tx.changed("git", workspace))
    parents = [found.head] if found.head else []
    return GitCommit(id=added, parents=parents, author=author, email=email, at=at * 1_000, message=message)


async def _content(
    server: Server, remote: GitRemote, workspace: str, path: str, found: ComparedFiles, picked: str
) -> bytes | None:
    """Return what to commit of a file. Raises Conflict if it is not what the person saw."""
    if not picked:
        return None

    def content() -> bytes | None:
        now = working_files.read(server.settings.data, workspace, found.listing.files[path].file)
        return None if now is None else rules.committed(path, now, keep_outputs=remote.keep_outputs)

    now = await server.on_thread(content)
    if now is None or rules.blob_id(now) != picked:
        raise _changed_meanwhile(path)
    return now


def _changed_meanwhile(path: str) -> Conflict:
    return Conflict(f"{path} has changed meanwhile. Look at its changes again.", field="files")


def author_of(user: User, name: str, email: str) -> tuple[str, str]:
    """Return the given author, or else the person who asks."""
    name = name or user.display_name or user.name
    given = email or (user.name if "@" in user.name else "")
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in user.name).strip("-")
    return name, given or f"{plain or user.id}@handloom.invalid"


async def list_commits(server: Server, context: Context, request: ListGitCommits) -> GitCommits:
    found = await server.git.log(request.workspace, before=request.before or None, limit=request.limit + 1)
    return GitCommits(commits=found[: request.limit], more=len(found) > request.limit)


async def get_commit(server: Server, context: Context, request: GitCommitPath) -> GitCommitDetails:
    commit = await _commit(server, request.workspace, request.commit)
    return GitCommitDetails(commit=commit, changes=await server.git.changes(request.workspace, commit))


async def _commit(server: Server, workspace: str, id: str) -> GitCommit:
    return await server.git.commit(workspace, await server.git.check_commit(workspace, id))


async def compare_commit(server: Server, context: Context, request: CommitFilePath) -> GitTexts:
    workspace, path = request.workspace, request.path
    commit = await _commit(server, workspace, request.commit)
    after = (await server.git.tree(workspace, commit.id)).get(path)
    before = (await server.git.tree(workspace, commit.parents[0])).get(path) if commit.parents else None
    if before is None and after is None:
        raise NotFound("The commit has no such file.")
    contents = await server.git.contents(workspace, [blob for blob in (before, after) if blob])
    ends = [contents[blob] if blob else None for blob in (before, after)]
    return await server.on_thread(partial(rules.texts, path, *ends))


async def push_commits(server: Server, context: Context, request: GitPath) -> Empty:
    to = await credential(server, request.workspace)
    async with server.git.writing(request.workspace):
        await server.git.push(request.workspace, to)
    await server.write(lambda tx: tx.changed("git", request.workspace))
    return Empty()


async def adopt_branch(server: Server, context: Context, request: GitPath) -> FetchedGitBranch:
    to = await credential(server, request.workspace)
    async with server.git.writing(request.workspace):
        found = await server.git.adopt(request.workspace, to)
    await server.write(lambda tx: tx.changed("git", request.workspace))
    return FetchedGitBranch(found=found is not None)


async def archive_repository(server: Server, context: Context, request: ArchiveGitRepository) -> Response:
    """Pages unpack it like any other archive; see docs/decisions/0191."""
    url = rules.check_source(request.remote_url)
    of = GitAccess(
        url=url,
        branch=rules.check_branch(request.branch) if request.branch.strip() else "",
        username=request.username.strip(),
        secret=request.secret.strip(),
    )
    try:
        file = await _archive(server, of)
    except Invalid as error:
        if error.field != "url" or url.endswith(".git"):
            raise
        file = await _archive(server, msgspec.structs.replace(of, url=f"{url}.git"))  # some servers redirect to this
    return FileResponse(
        file,
        media_type="application/zip",
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(rules.name_of(url), safe='')}.zip",
            "cache-control": "no-store",
        },
        background=BackgroundTask(shutil.rmtree, file.parent, ignore_errors=True),
    )


async def _archive(server: Server, of: GitAccess) -> Path:
    host, port, addresses = await _addresses(server, of.url)
    return await server.git.archive(msgspec.structs.replace(of, host=host, port=port, addresses=addresses))


async def credential(server: Server, workspace: str) -> GitAccess:
    def stored(tx: Read) -> tuple[GitRemote, str]:
        return git_store.remote(tx, workspace), git_store.secret(tx, workspace)

    remote, secret = await server.read(stored)
    if not remote.url:
        raise Conflict("No repository is set for this workspace. Set its address first.")
    host, port, addresses = await _addresses(server, remote.url)
    return GitAccess(
        url=remote.url,
        branch=remote.branch,
        username=remote.username,
        secret=secret,
        host=host,
        port=port,
        addresses=addresses,
    )


def get_remote(tx: Read, context: Context, request: GitPath) -> GitRemote:
    return git_store.remote(tx, request.workspace)


ALL = "/api/v1/workspaces/{workspace}/git"
COMMIT = f"{ALL}/commits/{{commit}}"
WRITER = Role.CONTRIBUTOR
ROUTES: list[Route] = [
    live("GET", ALL, get_status, summary="How a workspace's notebooks and code differ from its last commit in git."),
    live("GET", f"{ALL}/comparison", compare_file, summary="A file as it was committed last, and as it is now."),
    live(
        "POST",
        f"{ALL}/commits",
        create_commit,
        audit="git.commit",
        role=WRITER,
        summary="Commit files of a workspace, by default without the outputs of notebooks.",
    ),
    live("GET", f"{ALL}/commits", list_commits, summary="List the commits of a workspace, newest first."),
    live("GET", COMMIT, get_commit, summary="Get a commit and the files that it changed."),
    live("GET", f"{COMMIT}/comparison", compare_commit, summary="A file before a commit and after it."),
    live(
        "POST",
        f"{ALL}/push",
        push_commits,
        audit="git.push",
        role=WRITER,
        summary="Push the commits of a workspace to its repository, never by force.",
    ),
    live(
        "POST",
        f"{ALL}/fetch",
        adopt_branch,
        audit="git.fetch",
        role=WRITER,
        summary="Begin with the branch of the repository, where nothing is committed yet.",
    ),
    live(
        "POST",
        f"{ALL}/archive",
        archive_repository,
        audit="git.import",
        role=WRITER,
        summary="Get the files of a repository elsewhere as a zip archive, to import notebooks from it.",
    ),
    # Members only, as with webhooks: it sends the workspace's code to another server.
    read("GET", f"{ALL}/remote", get_remote, summary="Get the repository that a workspace is pushed to."),
    live(
        "PUT",
        f"{ALL}/remote",
        set_remote,
        audit="git.change",
        role=Role.MEMBER,
        summary="Set the repository that a workspace is pushed to, and the token for it.",
    ),
]
