"""A git repository per workspace: commits are made from given contents, so that no working tree, index or checkout of
another's files exists that could hold links, hooks, attributes or submodules which git follows.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import shutil
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from uuid import uuid4
from weakref import WeakValueDictionary

import msgspec

from handloom.domain.errors import Conflict, Invalid, NotFound, Unavailable
from handloom.domain.git import GitCommit, GitCommitChange, Kind, check_path, origin_of
from handloom.domain.masking import mask_credentials
from handloom.kernels.box import Box
from handloom.kernels.git.program import GitError, GitProgram

MAIN = "refs/heads/main"
MAX_REPOSITORY = 1_000_000_000
"""Bytes of a repository."""
PUSH_SECONDS = 180.0
MAX_TREE = 50_000
"""Files of a commit."""

_FETCH = ("fetch", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance")
_IMPORTS = ".imports"
_IMPORTS_AT_ONCE = 2
_IMPORT_SECONDS = 3_600
"""After which a folder was left by a server that was killed."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_REGULAR = ("100644", "100755")
_KINDS: dict[str, Kind] = {"A": "added", "D": "deleted"}


class GitAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Where to push and as whom. `addresses` are the host's IP addresses that were checked."""

    url: str
    branch: str
    username: str
    secret: str
    host: str = ""
    port: int = 0
    addresses: Sequence[str] = ()


class NewCommit(msgspec.Struct, frozen=True, kw_only=True):
    """A commit to make on top of `parent`: contents by path, None to delete the file."""

    parent: str | None
    author: str
    email: str
    at: int
    """Seconds since 1970 UTC."""
    message: str
    contents: Mapping[str, bytes | None]


class NewMerge(msgspec.Struct, frozen=True, kw_only=True):
    """A commit to make that joins `theirs` to `ours`: what the branch changed since `base`, except at the paths in
    `kept`, which stay as they are in `ours`, and at those in `contents`, which become these.
    """

    ours: str
    theirs: str
    base: str
    author: str
    email: str
    at: int
    """Seconds since 1970 UTC."""
    message: str
    kept: Collection[str]
    contents: Mapping[str, bytes]


class GitRepositories:
    """The repositories of all workspaces, in the data folder outside of what a session in a box can reach.

    Hold `writing` from reading the last commit to adding the next.
    """

    def __init__(self, data: Path, box: Box | None = None) -> None:
        self._root = data.absolute() / "git"
        self._git = GitProgram(box)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._importing = asyncio.Semaphore(_IMPORTS_AT_ONCE)

    @property
    def is_installed(self) -> bool:
        """Whether the machine has the program git."""
        return self._git.is_installed

    def writing(self, workspace: str) -> asyncio.Lock:
        """Return the lock of writes to the workspace's repository."""
        return self._locks.setdefault(workspace, asyncio.Lock())

    async def head(self, workspace: str) -> str | None:
        """Return the id of the last commit."""
        return await self._ref(workspace, MAIN)

    async def tree(self, workspace: str, commit: str | None) -> dict[str, str]:
        """Return the blobs of a commit's regular files by path. Links and submodules are left out."""
        if commit is None:
            return {}
        said = await self._git.run(self._folder(workspace), "ls-tree", "-r", "-z", "--full-tree", commit)
        found: dict[str, str] = {}
        for entry in said.split(b"\0")[:-1]:
            facts, _, name = entry.partition(b"\t")
            mode, _, blob = facts.decode().split(" ")
            path = _path(name)
            if path is not None and mode in _REGULAR and len(found) < MAX_TREE:
                found[path] = blob
        return found

    async def contents(self, workspace: str, blobs: Sequence[str]) -> dict[str, bytes]:
        """Return the contents of blobs by id."""
        if not blobs:
            return {}
        given = "".join(f"{blob}\n" for blob in dict.fromkeys(blobs)).encode()
        said = await self._git.run(self._folder(workspace), "cat-file", "--batch", given=given)
        found: dict[str, bytes] = {}
        at = 0
        while at < len(said):
            end = said.index(b"\n", at)
            header = said[at:end].decode().split(" ")
            if len(header) != 3:
                raise NotFound("The content is not in the repository any more.")
            size = int(header[2])
            found[header[0]] = said[end + 1 : end + 1 + size]
            at = end + size + 2
        return found

    async def add(self, workspace: str, commit: NewCommit) -> str:
        """Add a commit to the main branch and return its id. Raises Conflict if the branch has moved on, and Invalid
        for a path that leads elsewhere.
        """
        for path in commit.contents:
            check_path(path)
        return await self._import(workspace, _stream(commit))

    async def merge(self, workspace: str, merge: NewMerge) -> str:
        """Add a commit with two parents to the main branch and return its id. Raises Conflict if the branch has moved
        on.
        """
        words = ("diff-tree", "-r", "-z", "--raw", "--no-renames", merge.base, merge.theirs)
        said = await self._git.run(self._folder(workspace), *words)
        return await self._import(workspace, _merge_stream(merge, said.split(b"\0")[:-1]))

    async def _import(self, workspace: str, stream: bytes) -> str:
        folder = await self._made(workspace)
        try:
            await self._git.run(folder, "fast-import", "--quiet", "--done", given=stream)
        except GitError as error:
            if "Not updating" in str(error):
                raise Conflict("Somebody else has committed at the same time. Look at the changes again.") from error
            raise Unavailable(f"Git did not make the commit: {_last_line(error)}") from error
        found = await self.head(workspace)
        assert found is not None
        await self._git.run(folder, "gc", "--auto", "--quiet", seconds=300)
        return found

    async def log(self, workspace: str, *, before: str | None, limit: int) -> list[GitCommit]:
        """Return commits, newest first, from the last one or the parents of `before` on."""
        if await self.head(workspace) is None:
            return []
        start, skip = (MAIN, 0) if before is None else (await self.check_commit(workspace, before), 1)
        return await self._log(workspace, start, skip, limit)

    async def commit(self, workspace: str, commit: str) -> GitCommit:
        """Return a commit by its id, which must have been checked."""
        return (await self._log(workspace, commit, 0, 1))[0]

    async def commits_between(self, workspace: str, ours: str | None, theirs: str, limit: int) -> list[GitCommit]:
        """Return commits of `theirs` that `ours` does not have, newest first."""
        return await self._log(workspace, theirs, 0, limit, *([f"^{ours}"] if ours else []))

    async def _log(self, workspace: str, start: str, skip: int, limit: int, *without: str) -> list[GitCommit]:
        fields = "%x00".join(("%H", "%P", "%an", "%ae", "%at", "%B"))
        words = (
            "log",
            "-z",
            "--no-color",
            "--no-notes",
            f"--format={fields}",
            f"--max-count={limit}",
            f"--skip={skip}",
        )
        said = await self._git.run(self._folder(workspace), *words, start, *without, "--")
        parts = said.decode(errors="replace").split("\0")
        return [_commit(parts[at : at + 6]) for at in range(0, len(parts) - 5, 6)]

    async def check_commit(self, workspace: str, commit: str) -> str:
        """Return the id if it is a commit of the main branch. Raises NotFound."""
        if _COMMIT.fullmatch(commit) and await self.head(workspace) is not None:
            try:
                await self._git.run(self._folder(workspace), "merge-base", "--is-ancestor", commit, MAIN)
            except GitError:
                pass
            else:
                return commit
        raise NotFound("There is no such commit in this workspace.")

    async def changes(self, workspace: str, commit: GitCommit) -> list[GitCommitChange]:
        """Return what a commit changed, compared with its first parent."""
        words = ("diff-tree", "-r", "-z", "--root", "--no-renames", "--no-commit-id", "--name-status")
        ends = (commit.parents[0], commit.id) if commit.parents else (commit.id,)
        said = await self._git.run(self._folder(workspace), *words, *ends)
        parts = said.split(b"\0")[:-1]
        pairs = [(kind.decode(), _path(name)) for kind, name in zip(parts[::2], parts[1::2], strict=True)]
        return [
            GitCommitChange(path=path, kind=_KINDS.get(kind, "changed")) for kind, path in pairs if path is not None
        ]

    async def waiting(self, workspace: str, branch: str) -> int | None:
        """Return how many commits the remote branch does not have, as far as is known; None if it was never seen."""
        remote = await self._ref(workspace, _remote(branch))
        if await self.head(workspace) is None:
            return 0
        ends = (MAIN, f"^{remote}") if remote else (MAIN,)
        count = int(await self._git.run(self._folder(workspace), "rev-list", "--count", *ends))
        return count if remote else (count or None)

    async def push(self, workspace: str, to: GitAccess) -> None:
        """Push the main branch, never by force. Raises Conflict if the remote branch has other commits."""
        folder = self._folder(workspace)
        head = await self.head(workspace)
        if head is None:
            raise Conflict("There is no commit yet that could be pushed.")
        words = ("push", "--porcelain", "--no-verify", "--recurse-submodules=no", "--no-signed")
        try:
            await self._network(folder, to, *words, to.url, f"{MAIN}:refs/heads/{to.branch}")
        except GitError as error:
            raise _push_error(error, to) from error
        await self._git.run(folder, "update-ref", _remote(to.branch), head)

    async def fetch(self, workspace: str, to: GitAccess) -> str | None:
        """Fetch the remote branch and return its last commit; None if there is no such branch."""
        folder = await self._made(workspace)
        target = _remote(to.branch)
        try:
            await self._network(folder, to, *_FETCH, to.url, f"+refs/heads/{to.branch}:{target}")
        except GitError as error:
            if "couldn't find remote ref" in str(error):
                return None
            raise _remote_error(error, to) from error
        return await self._ref(workspace, target)

    async def fetched(self, workspace: str, branch: str) -> str | None:
        """Return the last commit of the remote branch as it was fetched last."""
        return await self._ref(workspace, _remote(branch))

    async def adopt(self, workspace: str, to: GitAccess) -> str | None:
        """Fetch the remote branch and begin with it, where nothing is committed yet. Returns its last commit; None if
        there is no such branch. Raises Conflict if there are commits here.
        """
        if await self.head(workspace) is not None:
            raise Conflict("There are commits in this workspace already; they cannot begin with another branch.")
        found = await self.fetch(workspace, to)
        if found is not None:
            await self.advance(workspace, None, found)
        return found

    async def advance(self, workspace: str, old: str | None, new: str) -> None:
        """Set the main branch to a commit that follows `old`. Raises Conflict if the branch has moved on."""
        try:
            await self._git.run(self._folder(workspace), "update-ref", MAIN, new, old or "0" * 40)
        except GitError as error:
            raise Conflict("Somebody else has committed at the same time. Try again.") from error

    async def common_commit(self, workspace: str, ours: str, theirs: str) -> str | None:
        """Return the last commit that two have in common; None for histories that have none."""
        try:
            found = await self._git.run(self._folder(workspace), "merge-base", ours, theirs)
        except GitError as error:
            if error.code == 1:
                return None
            raise
        return found.decode().split()[0]

    async def ahead_behind(self, workspace: str, ours: str | None, theirs: str) -> tuple[int, int]:
        """Return how many commits `theirs` does not have, and how many `ours` does not have."""
        folder = self._folder(workspace)
        if ours is None:
            return 0, int(await self._git.run(folder, "rev-list", "--count", theirs))
        said = await self._git.run(folder, "rev-list", "--left-right", "--count", f"{ours}...{theirs}")
        ahead, behind = said.split()
        return int(ahead), int(behind)

    async def sizes(self, workspace: str, blobs: Sequence[str]) -> dict[str, int]:
        """Return the bytes of blobs by id."""
        if not blobs:
            return {}
        given = "".join(f"{blob}\n" for blob in dict.fromkeys(blobs)).encode()
        said = await self._git.run(self._folder(workspace), "cat-file", "--batch-check", given=given)
        rows = [line.split(" ") for line in said.decode().splitlines()]
        return {row[0]: int(row[2]) for row in rows if len(row) == 3}

    async def archive(self, of: GitAccess) -> Path:
        """Fetch the last commit of a branch, by default the repository's own, and return a zip of its files, in a
        folder that the caller deletes. Nothing of it is kept elsewhere.

        Raises NotFound without such a branch, and Unavailable beyond the limits of time and size.
        """
        imports = self._root / _IMPORTS
        await asyncio.to_thread(_sweep, imports)
        folder = imports / uuid4().hex
        async with self._importing:
            folder.mkdir(mode=0o700, parents=True)
            try:
                return await self._archive(folder, of)
            except BaseException:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
                raise

    async def _archive(self, folder: Path, of: GitAccess) -> Path:
        await self._git.run(folder, "init", "--bare", "--quiet", "--template=", "--initial-branch=main")
        source = f"refs/heads/{of.branch}" if of.branch else "HEAD"
        try:
            await self._network(folder, of, *_FETCH, "--depth=1", of.url, f"+{source}:{MAIN}")
        except GitError as error:
            if "couldn't find remote ref" in str(error):
                missing = f"has no branch {of.branch}" if of.branch else "has no commit yet"
                raise NotFound(f"The repository {missing}.") from error
            raise _remote_error(error, of) from error
        file = folder / "archive.zip"
        try:
            await self._git.run(
                folder,
                *("archive", "--format=zip", f"--output={file}", MAIN),
                seconds=PUSH_SECONDS,
                most_bytes=2 * MAX_REPOSITORY,
            )
        except GitError as error:
            raise Unavailable(f"Git could not pack the files of the repository: {_last_line(error)}") from error
        return file

    async def _network(self, folder: Path, to: GitAccess, *arguments: str) -> bytes:
        settings = {"http.curloptResolve": f"{to.host}:{to.port}:{','.join(map(_bracketed, to.addresses))}"}
        secrets = {}
        if to.secret:
            pair = base64.b64encode(f"{to.username or 'git'}:{to.secret}".encode()).decode()
            secrets[f"http.{origin_of(to.url)}/.extraHeader"] = f"Authorization: Basic {pair}"
        return await self._git.run(
            folder,
            *arguments,
            settings=settings,
            secrets=secrets,
            network=True,
            seconds=PUSH_SECONDS,
            most_bytes=MAX_REPOSITORY,
        )

    def _folder(self, workspace: str) -> Path:
        return self._root / workspace

    async def _made(self, workspace: str) -> Path:
        folder = self._folder(workspace)
        if not (folder / "HEAD").exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            await self._git.run(folder, "init", "--bare", "--quiet", "--template=", "--initial-branch=main")
        return folder

    async def _ref(self, workspace: str, name: str) -> str | None:
        folder = self._folder(workspace)
        if not (folder / "HEAD").exists():
            return None
        try:
            return (
                (await self._git.run(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")).decode().strip()
            )
        except GitError:
            return None


def _sweep(folder: Path) -> None:
    """Delete what imports of a killed server left."""
    for left in folder.glob("*"):
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < time.time() - _IMPORT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _remote(branch: str) -> str:
    return f"refs/remotes/origin/{branch}"


def _path(name: bytes) -> str | None:
    """Return a path as text; None for one that cannot be shown."""
    try:
        path = name.decode()
    except UnicodeDecodeError:
        return None
    return path if path.isprintable() else None


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _commit(fields: Sequence[str]) -> GitCommit:
    commit, parents, author, email, at, message = fields
    return GitCommit(
        id=commit.strip(),
        parents=parents.split(),
        author=author,
        email=email,
        at=int(at) * 1_000,
        message=message.strip(),
    )


def _stream(commit: NewCommit) -> bytes:
    """Return the commands of a commit for `git fast-import`."""
    person = f"{commit.author} <{commit.email}> {commit.at} +0000\n".encode()
    parts = [b"commit ", MAIN.encode(), b"\nauthor ", person, b"committer ", person, _data(commit.message.encode())]
    if commit.parent is not None:
        parts += [b"from ", commit.parent.encode(), b"\n"]
    for path, content in commit.contents.items():
        quoted = b'"' + path.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
        if content is None:
            parts += [b"D ", quoted, b"\n"]
        else:
            parts += [b"M 100644 inline ", quoted, b"\n", _data(content)]
    return b"".join([*parts, b"\ndone\n"])


def _merge_stream(merge: NewMerge, raw: Sequence[bytes]) -> bytes:
    """Return the commands of a merge for `git fast-import`, given the raw differences of `base` and `theirs`. Deletions
    come first, since a folder may have taken a file's name.
    """
    person = f"{merge.author} <{merge.email}> {merge.at} +0000\n".encode()
    parts = [b"commit ", MAIN.encode(), b"\nauthor ", person, b"committer ", person, _data(merge.message.encode())]
    parts += [f"from {merge.ours}\nmerge {merge.theirs}\n".encode()]
    deleted, written = [], []
    for facts, name in zip(raw[::2], raw[1::2], strict=True):
        path = _path(name)
        if path is not None and path in merge.kept:
            continue
        quoted = _quoted(name)
        if path is not None and path in merge.contents:
            written.append(b"M 100644 inline %b%b" % (quoted, _data(merge.contents[path])))
            continue
        _, mode, _, blob, kind = facts.lstrip(b":").split(b" ")
        if kind == b"D":
            deleted.append(b"D " + quoted)
        else:
            written.append(b"M %b %b %b" % (mode, blob, quoted))
    return b"".join([*parts, *deleted, *written, b"\ndone\n"])


def _quoted(name: bytes) -> bytes:
    return b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"\n'


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _last_line(error: GitError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return mask_credentials(lines[-1] if lines else f"exit code {error.code}")[:400]


def _push_error(error: GitError, to: GitAccess) -> Exception:
    text = str(error)
    if any(said in text for said in ("fetch first", "non-fast-forward", "fast-forwards", "[rejected]")):
        return Conflict(
            f"The branch {to.branch} of the repository has commits that are not here, so nothing was pushed. Pull them "
            "first, or set another branch.",
            field="branch",
        )
    return _remote_error(error, to)


def _remote_error(error: GitError, to: GitAccess) -> Exception:
    """Say in words what a failed connection means."""
    text = str(error)
    if "Authentication failed" in text or "could not read Username" in text or "error: 403" in text:
        if not to.secret:
            asks = "The repository is private or does not exist. A private one needs an access token."
            return Invalid(f"{to.host} asks for a token. {asks}", field="secret")
        return Invalid(
            f"{to.host} does not accept the token for this repository. Check the user name, the token and its rights.",
            field="secret",
        )
    if "not found" in text.lower() or "error: 404" in text:
        return NotFound(f"{to.host} has no such repository, or the token may not see it.")
    if "returned error: 30" in text or "redirect" in text:
        return Invalid(f"{to.host} redirects to another address. Give that one.", field="url")
    return Unavailable(f"Git could not talk to {to.host}: {_last_line(error)}")
