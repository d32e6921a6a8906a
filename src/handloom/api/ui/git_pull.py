"""Pull: fetch the branch of a workspace's repository, show what it changes, and take it over. Nothing is lost."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from functools import partial

import msgspec

from handloom.api import quotas
from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.api.ui.git import ALL, WRITER, ComparedFiles, GitPath, author_of, compare, credential, read_now
from handloom.domain import git as rules
from handloom.domain import git_pull as pull_rules
from handloom.domain.errors import Conflict, NotFound
from handloom.domain.folders import ItemKey
from handloom.domain.git import GitCommit, GitRemote, GitTexts
from handloom.domain.git_pull import MAX_PULLED, CellChoices, Choice, Ends, GitIncomingChange
from handloom.domain.notebook_merge import CellChoice
from handloom.domain.notebooks import Notebook, is_notebook
from handloom.kernels.git.repository import NewMerge
from handloom.store.engine.database import Write
from handloom.store.folders import rows as folders
from handloom.store.git import rows as git_store
from handloom.store.git import working_files
from handloom.store.notebooks import files as notebook_files
from handloom.store.notebooks import rows as notebook_store
from handloom.store.notebooks import versions
from handloom.store.quotas import rows as quota_store

COMMITS = 50
_BATCH = 32_000_000
"""Bytes of contents that are read from a repository at once."""


class GitIncoming(msgspec.Struct, frozen=True, kw_only=True):
    """What a pull would bring. `commit` is the branch's last one."""

    commit: str
    ahead: int
    """Commits here that the branch does not have."""
    behind: int
    """Commits of the branch that are not here."""
    commits: list[GitCommit]
    """The newest of those that are not here."""
    changes: list[GitIncomingChange]
    left_out: int
    """Files that the branch changed and that are no notebooks or code, or too large."""


class GitIncomingPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    path: str


class PullGitBranch(msgspec.Struct, frozen=True, kw_only=True):
    """Without `commit`, the branch is fetched first. `choices` are for files that were changed here as well, `cells`
    for cells that both sides changed, by their ids, of notebooks that are merged.
    """

    workspace: str
    commit: str = ""
    choices: dict[str, Choice] = {}
    cells: dict[str, dict[str, CellChoice]] = {}


class GitPulled(msgspec.Struct, frozen=True, kw_only=True):
    """What a pull did. `head` is the last commit now; `merged` whether commits of both sides were joined."""

    head: str
    merged: bool
    taken: list[str]
    """Files as they are in the branch now, also those that it deleted."""
    kept: list[str]
    """Files that stayed as they were here by choice."""
    combined: list[str]
    """Notebooks that have cells of both sides now."""
    copies: list[str]
    """Paths of the branch's files beside those that were kept."""
    problems: list[str]
    """Files that could not be taken over, and why."""


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A pull before anything is written. `theirs` are the blobs of the branch by path, `base` is the common commit, and
    `common` has its blobs.
    """

    base: str | None
    found: ComparedFiles
    common: dict[str, str]
    theirs: dict[str, str]
    files: dict[str, str]
    """Files below the workspace's folder by path, as far as they exist."""
    changes: list[GitIncomingChange]
    left_out: int


async def look_at_incoming(server: Server, context: Context, request: GitPath) -> GitIncoming:
    workspace = request.workspace
    remote = await server.read(lambda tx: git_store.remote(tx, workspace))
    async with server.git.writing(workspace):
        theirs = await _fetch(server, workspace)
        plan = await _plan(server, workspace, remote, theirs)
        head = plan.found.head
        ahead, behind = await server.git.ahead_behind(workspace, head, theirs)
        commits = await server.git.commits_between(workspace, head, theirs, COMMITS)
    return GitIncoming(
        commit=theirs, ahead=ahead, behind=behind, commits=commits, changes=plan.changes, left_out=plan.left_out
    )


async def _fetch(server: Server, workspace: str) -> str:
    to = await credential(server, workspace)
    found = await server.git.fetch(workspace, to)
    if found is None:
        raise NotFound(
            f"The repository has no branch {to.branch}. Push to create it, or set another branch.", field="branch"
        )
    return found


async def _plan(server: Server, workspace: str, remote: GitRemote, theirs: str) -> _Plan:
    """Compare the branch and the workspace with their last common commit. Raises Conflict where there is none."""
    git = server.git
    found = await compare(server, workspace, remote)
    base = None if found.head is None else await git.common_commit(workspace, found.head, theirs)
    if found.head is not None and base is None:
        raise Conflict(
            f"The branch {remote.branch} and the commits here have no commit in common, so they cannot be joined. Set "
            "another branch, or pull this one into a workspace without commits.",
            field="branch",
        )
    old, new = await git.tree(workspace, base), await git.tree(workspace, theirs)
    differing = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    sizes = await git.sizes(workspace, [new[path] for path in differing if path in new])
    pulled = [path for path in differing if rules.is_managed(path) and sizes.get(new.get(path, ""), 0) <= MAX_PULLED]
    names = await server.read(lambda tx: git_store.paths(tx, workspace))
    files = {path: file for file, path in names.items()} | {
        path: file.file for path, file in found.listing.files.items()
    }
    ends = await _ends(server, workspace, pulled, files, found.listing.left_out, old, new)
    changes = [change for path in pulled if (change := pull_rules.incoming(path, ends[path]))]
    left_out = len(differing) - len(pulled)
    plan = _Plan(base=base, found=found, common=old, theirs=new, files=files, changes=changes, left_out=left_out)
    return msgspec.structs.replace(plan, changes=await _with_merges(server, workspace, plan))


async def _with_merges(server: Server, workspace: str, plan: _Plan) -> list[GitIncomingChange]:
    """Say of notebooks that both sides changed what merging their cells would do."""
    both = [change.path for change in plan.changes if change.here in ("added", "changed") and change.kind != "deleted"]
    notebooks = [path for path in both if path.endswith(rules.NOTEBOOK)]
    trees = (plan.common, plan.theirs)
    blobs = {path: [tree[path] for tree in trees if path in tree] for path in notebooks}
    offers = {}
    async for path, contents in _in_batches(server, workspace, blobs):
        base, theirs = (contents.get(tree.get(path, "")) for tree in trees)
        file = plan.files.get(path, path)
        mine = await server.on_thread(partial(working_files.read, server.settings.data, workspace, file, MAX_PULLED))
        if mine is not None and theirs is not None:
            offers[path] = await server.on_thread(partial(pull_rules.merge_offered, base, mine, theirs))
    return [msgspec.structs.replace(change, merge=offers.get(change.path)) for change in plan.changes]


async def _ends(
    server: Server,
    workspace: str,
    paths: list[str],
    files: dict[str, str],
    too_large: list[str],
    base: dict[str, str],
    theirs: dict[str, str],
) -> dict[str, Ends]:
    """Return the three ends of each path. Texts of notebooks are compared; other files by the ids of their blobs."""
    root = server.settings.data

    def id_of(path: str, content: bytes) -> str:
        return rules.blob_id(rules.committed(path, content, keep_outputs=False))

    def mine() -> dict[str, str]:
        found = {path: working_files.read(root, workspace, files.get(path, path), MAX_PULLED) for path in paths}
        ids = {path: "" if content is None else id_of(path, content) for path, content in found.items()}
        return ids | {path: "too large" for path in paths if path in too_large and not ids[path]}

    here = await server.on_thread(mine)
    texts = [path for path in paths if here[path] and path.endswith(rules.NOTEBOOK)]
    blobs = {path: [tree[path] for tree in (base, theirs) if path in tree] for path in texts}
    ids: dict[tuple[str, str], str] = {}
    async for path, contents in _in_batches(server, workspace, blobs):
        for blob, content in contents.items():
            ids[path, blob] = await server.on_thread(partial(id_of, path, content))

    def end(path: str, tree: dict[str, str]) -> str:
        blob = tree.get(path, "")
        return ids.get((path, blob), blob)

    return {path: Ends(base=end(path, base), theirs=end(path, theirs), mine=here[path]) for path in paths}


async def _in_batches(
    server: Server, workspace: str, blobs: Mapping[str, list[str]]
) -> AsyncIterator[tuple[str, dict[str, bytes]]]:
    """Yield the contents of the blobs of each path, reading many at once and never too much."""
    sizes = await server.git.sizes(workspace, [blob for some in blobs.values() for blob in some])
    paths = list(blobs)
    while paths:
        batch, total = [paths.pop(0)], 0
        while paths and (total := total + sum(sizes[blob] for blob in blobs[paths[0]])) < _BATCH:
            batch.append(paths.pop(0))
        contents = await server.git.contents(workspace, [blob for path in batch for blob in blobs[path]])
        for path in batch:
            yield path, {blob: contents[blob] for blob in blobs[path]}


async def compare_incoming(server: Server, context: Context, request: GitIncomingPath) -> GitTexts:
    """The workspace's file and the branch's, as it was fetched last."""
    workspace, path = request.workspace, request.path
    remote = await server.read(lambda tx: git_store.remote(tx, workspace))
    theirs = await server.git.fetched(workspace, remote.branch)
    blob = (await server.git.tree(workspace, theirs)).get(path)
    mine = await read_now(server, workspace, path)
    if blob is None and mine is None:
        raise NotFound("There is no such file in the workspace and the branch.")
    after = (await server.git.contents(workspace, [blob]))[blob] if blob else None
    return await server.on_thread(partial(rules.texts, path, mine, after))


async def pull_branch(server: Server, context: Context, request: PullGitBranch) -> GitPulled:
    """Write the files first and move the branch last: what a kill interrupts is completed by the next pull."""
    workspace, user = request.workspace, context.caller.user
    remote = await server.read(lambda tx: git_store.remote(tx, workspace))
    async with server.git.writing(workspace):
        if not request.commit:
            theirs = await _fetch(server, workspace)
        elif (fetched := await server.git.fetched(workspace, remote.branch)) == request.commit:
            theirs = fetched
        else:
            raise Conflict("The branch was fetched again meanwhile. Look at what it brings again.", field="commit")
        plan = await _plan(server, workspace, remote, theirs)
        pull_rules.check_choices(plan.changes, request.choices)
        pull_rules.check_cells(plan.changes, request.choices, request.cells)
        writing = _Writing(server, workspace, user.id, remote, plan, theirs, request.cells)
        await writing.run(request.choices)
        author, email = rules.clean_author(*author_of(user, "", ""))
        head = plan.found.head
        merged = head is not None and plan.base not in (head, theirs)
        if merged:
            assert head is not None
            assert plan.base is not None
            contents = await _combined_in_commit(server, remote, workspace, plan, head, request.cells, writing.combined)
            merge = NewMerge(
                ours=head,
                theirs=theirs,
                base=plan.base,
                author=author,
                email=email,
                at=int(time.time()),
                message=f"Merge branch '{remote.branch}' of {remote.url}",
                kept=await _kept_in_commit(server, workspace, plan, head, writing.kept),
                contents=contents,
            )
            now = await server.git.merge(workspace, merge)
        elif plan.base != theirs:
            now = theirs
            await server.git.advance(workspace, head, theirs)
        else:
            now = head or theirs
    await server.write(lambda tx: tx.changed("git", workspace))
    return GitPulled(
        head=now,
        merged=merged,
        taken=writing.taken,
        kept=writing.kept,
        combined=writing.combined,
        copies=writing.copies,
        problems=writing.problems,
    )


async def _kept_in_commit(
    server: Server, workspace: str, plan: _Plan, head: str, kept: Iterable[str]
) -> frozenset[str]:
    """Return the paths that stay as they are in the last commit here: those that it changed, of the kept ones. What is
    kept and was not committed becomes a change after the merge.
    """
    base = await server.git.tree(workspace, plan.base)
    ours = await server.git.tree(workspace, head)
    both = {path for path in base.keys() | ours.keys() if base.get(path) != ours.get(path)}
    # A file whose text was the same on both sides is not in `changes`; the branch's form of it is taken.
    return frozenset(both & (set(kept) | await _only_outputs(server, workspace, plan, base, both)))


async def _combined_in_commit(
    server: Server, remote: GitRemote, workspace: str, plan: _Plan, head: str, cells: CellChoices, paths: list[str]
) -> dict[str, bytes]:
    """Return merged notebooks as the merge commits them: without what was not committed here, which becomes a change
    after the merge. A notebook that no commit here changed is taken as it is in the branch.
    """
    ours = await server.git.tree(workspace, head)
    found = {}
    for path in paths:
        if path not in ours or ours[path] == plan.common.get(path):
            continue
        blobs = [plan.common.get(path), ours[path], plan.theirs[path]]
        contents = await server.git.contents(workspace, [blob for blob in blobs if blob])
        base, mine, theirs = (contents.get(blob or "") for blob in blobs)
        if mine is not None and theirs is not None and pull_rules.merge_offered(base, mine, theirs) is not None:
            merged = partial(pull_rules.merge_contents, base, mine, theirs, cells.get(path, {}))
            content = await server.on_thread(merged)
            found[path] = rules.committed(path, content, keep_outputs=remote.keep_outputs)
    return found


async def _only_outputs(server: Server, workspace: str, plan: _Plan, base: dict[str, str], paths: set[str]) -> set[str]:
    """Return notebooks of which the branch changed outputs alone: what the commits here changed of them stays."""
    known = {change.path for change in plan.changes}
    asked = [
        path
        for path in paths - known
        if path.endswith(rules.NOTEBOOK) and path in base and plan.theirs.get(path, base[path]) != base[path]
    ]
    found = set()
    for path in asked:
        contents = await server.git.contents(workspace, [base[path], plan.theirs[path]])
        texts = {rules.committed(path, content, keep_outputs=False) for content in contents.values()}
        if len(texts) == 1:
            found.add(path)
    return found


class _Writing:
    """The writes of one pull, and what they did."""

    def __init__(
        self,
        server: Server,
        workspace: str,
        user: str,
        remote: GitRemote,
        plan: _Plan,
        theirs: str,
        cells: CellChoices,
    ) -> None:
        self._server = server
        self._workspace = workspace
        self._user = user
        self._branch = remote.branch
        self._plan = plan
        self._theirs = theirs
        self._cells = cells
        self._notebooks: dict[str, Notebook] = {}
        self.taken: list[str] = []
        self.kept: list[str] = []
        self.combined: list[str] = []
        self.copies: list[str] = []
        self.problems: list[str] = []

    async def run(self, choices: dict[str, Choice]) -> None:
        """Write and delete files as the choices say. Raises Conflict if there is no room for them."""
        server, workspace = self._server, self._workspace
        notebooks = await server.read(lambda tx: notebook_store.in_workspace(tx, workspace))
        self._notebooks = {f"{notebook.name}{rules.NOTEBOOK}": notebook for notebook in notebooks}
        decided = {change.path: pull_rules.choice_of(change, choices) for change in self._plan.changes}
        wanted = [path for path, choice in decided.items() if choice != "mine" and path in self._plan.theirs]
        sizes = await server.git.sizes(workspace, [self._plan.theirs[path] for path in wanted])
        await quotas.require_file_room(server, workspace, sum(sizes.values()))
        self.kept = [path for path, choice in decided.items() if choice in ("mine", "both")]
        for path in [path for path, choice in decided.items() if choice == "theirs" and path not in wanted]:
            await self._delete(path)
            self.taken.append(path)
        blobs = {path: [self._plan.theirs[path]] for path in wanted}
        for path in [path for path in wanted if decided[path] == "merge" and path in self._plan.common]:
            blobs[path].append(self._plan.common[path])
        async for path, contents in _in_batches(server, workspace, blobs):
            content = contents[self._plan.theirs[path]]
            if decided[path] == "merge":
                content = await self._merged(path, contents.get(self._plan.common.get(path, "")), content)
            await self._write(path, content, decided[path])

    async def _merged(self, path: str, base: bytes | None, theirs: bytes) -> bytes:
        """Return the notebook with the cells of both sides, as it is to be written."""
        root, file = self._server.settings.data, self._file(path)

        def merge() -> bytes:
            mine = working_files.read(root, self._workspace, file, MAX_PULLED)
            if mine is None:
                return theirs  # it was deleted meanwhile
            return pull_rules.merge_contents(base, mine, theirs, self._cells.get(path, {}))

        return await self._server.on_thread(merge)

    async def _write(self, path: str, content: bytes, choice: Choice) -> None:
        if choice == "both":
            taken = [*self._plan.found.listing.files, *self._plan.theirs, *self.copies]
            copy = pull_rules.copy_path(path, self._branch, taken)
            await self._add(copy, content)
            self.copies.append(copy)
        elif self._file(path) in self._notebooks:
            await self._replace(path, content, self.combined if choice == "merge" else self.taken)
        else:
            await self._add(path, content)
            (self.combined if choice == "merge" else self.taken).append(path)

    def _file(self, path: str) -> str:
        """Return the file of a path in commits, below the workspace's folder."""
        return self._plan.files.get(path, path)

    async def _replace(self, path: str, content: bytes, done: list[str]) -> None:
        """Overwrite a notebook, of which a version is kept before, and add it to those that are done."""
        server, workspace, notebook = self._server, self._workspace, self._notebooks[self._file(path)]
        if not is_notebook(content):
            self.kept.append(path)
            self.problems.append(f"{path} is no notebook in the branch. Yours was kept.")
            return
        root = server.settings.data
        taken = await server.on_thread(partial(versions.read_file, root, notebook))
        name = f"Before git pull {self._theirs[:7]}"  # pages translate it: see versionName in the UI
        await server.write(lambda tx: versions.add(tx, workspace, notebook.id, taken, name=name))

        def write() -> None:
            mine = working_files.read(root, workspace, self._file(path))
            merged = content if mine is None else pull_rules.with_outputs(content, mine)
            working_files.write(root, workspace, self._file(path), merged)

        await server.on_thread(write)
        await server.write(lambda tx: notebook_store.record_save(tx, workspace, notebook.id, self._user))
        done.append(path)

    async def _add(self, path: str, content: bytes) -> None:
        """Write a file that is no notebook of the workspace; a notebook of a folder becomes one."""
        server, workspace, root = self._server, self._workspace, self._server.settings.data
        is_item = pull_rules.is_notebook_item(path) and path not in self._plan.found.listing.files
        if path.endswith(rules.NOTEBOOK) and not is_notebook(content):
            self.problems.append(f"{path} is no notebook in the branch. It was kept as a file.")
            is_item = False
        if not is_item:
            await server.on_thread(partial(working_files.write, root, workspace, self._file(path), content))
            return
        taken = [file.removesuffix(rules.NOTEBOOK) for file in (*self._notebooks, *self._top_files())]
        name = pull_rules.name_of(path, taken)
        draft = await server.on_thread(partial(notebook_files.create_draft, root, workspace, content))

        def create(tx: Write) -> Notebook:
            made = notebook_store.create(tx, self._user, name, draft, session_timeout=server.settings.session_timeout)
            quota_store.require_notebook_room(tx, workspace, quotas.defaults(server.settings))
            git_store.keep_path(tx, made, path)
            place = folders.within(tx, workspace, path.split("/")[:-1])
            folders.move(tx, workspace, [ItemKey(kind="notebook", id=made.id)], place)
            return made

        self._notebooks[f"{name}{rules.NOTEBOOK}"] = await server.write(create)

    def _top_files(self) -> list[str]:
        return [file.file for file in self._plan.found.listing.files.values() if "/" not in file.file]

    async def _delete(self, path: str) -> None:
        """Move a notebook to the bin, or delete another file."""
        server, workspace, notebook = self._server, self._workspace, self._notebooks.get(self._file(path))
        if notebook is None:
            await server.on_thread(partial(working_files.remove, server.settings.data, workspace, self._file(path)))
            return
        await server.sessions.stop_notebook(notebook.id)
        await server.write(lambda tx: notebook_store.remove(tx, workspace, notebook.id))


ROUTES: list[Route] = [
    live(
        "POST",
        f"{ALL}/incoming",
        look_at_incoming,
        role=WRITER,
        summary="Fetch the branch of the repository, and get what a pull would bring.",
    ),
    live(
        "GET",
        f"{ALL}/incoming/comparison",
        compare_incoming,
        summary="A file of the workspace, and as it is in the branch that was fetched.",
    ),
    live(
        "POST",
        f"{ALL}/pull",
        pull_branch,
        audit="git.pull",
        role=WRITER,
        summary="Take over what others have pushed; notebooks that are replaced are kept as versions.",
    ),
]
