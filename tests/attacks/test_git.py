"""Attacks on the server by way of git: files, settings, hooks, attributes and repositories made to run something."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

import pytest

from git_server import TOKEN, USER, GitServer, git
from handloom.domain.errors import HandloomError
from handloom.kernels.git.program import GitError, GitProgram
from handloom.kernels.git.repository import GitAccess, GitRepositories, NewCommit
from handloom.store.git import working_files

WORKSPACE = "w"


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A program that leaves a file `ran` beside it when something runs it."""
    program = tmp_path / "trap"
    program.write_text(f'#!/bin/sh\necho "$0 $@" >> {tmp_path}/ran\ncat\n')
    program.chmod(0o755)
    return program


def commit(repositories: GitRepositories, contents: dict[str, bytes | None], parent: str | None = None) -> str:
    new = NewCommit(parent=parent, author="Kim", email="kim@example.com", at=1, message="m", contents=contents)
    return asyncio.run(repositories.add(WORKSPACE, new))


def credential(git_server: GitServer, name: str) -> GitAccess:
    port = git_server.server.server_address[1]
    url = f"{git_server.url}/{name}.git"
    address = ["127.0.0.1"]
    return GitAccess(
        url=url, branch="main", username=USER, secret=TOKEN, host="127.0.0.1", port=int(port), addresses=address
    )


def test_links_pipes_and_repositories_in_a_workspace_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("password = 1")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "inner.py").write_text("password = 2")
    folder = tmp_path / "workspaces" / WORKSPACE
    (folder / "Files" / ".git" / "hooks").mkdir(parents=True)
    (folder / "Files" / ".git" / "hooks" / "pre-commit.sh").write_text("exit 1")
    (folder / "Files" / "good.py").write_text("x = 1")
    (folder / "link.py").symlink_to(secret)
    (folder / "Files" / "outside").symlink_to(tmp_path / "outside")
    (folder / ".gitattributes").write_text("* filter=evil")
    os.mkfifo(folder / "pipe.py")
    (folder / "line\nbreak.py").write_text("x")
    assert set(working_files.listed(tmp_path, WORKSPACE, {}).files) == {"Files/good.py"}
    for path in ("link.py", "Files/outside/inner.py", "pipe.py", "../../secret.py", "/etc/passwd"):
        found = working_files.read(tmp_path, WORKSPACE, path)
        assert found is None or path in ("../../secret.py", "/etc/passwd"), path  # such a path is in no listing


def test_no_configuration_hook_or_variable_of_the_machine_takes_part(
    tmp_path: Path, trap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    hooks = home / "hooks"
    hooks.mkdir(parents=True)
    for hook in ("post-commit", "reference-transaction", "pre-push", "pre-auto-gc", "post-index-change"):
        shutil.copy(trap, hooks / hook)
    evil = (
        f"[core]\nhooksPath={hooks}\nfsmonitor={trap}\npager={trap}\neditor={trap}\nsshCommand={trap}\n"
        f'[diff]\nexternal={trap}\n[filter "evil"]\nclean={trap}\nsmudge={trap}\nprocess={trap}\n'
        f"[credential]\nhelper=!{trap}\n[gpg]\nprogram={trap}\n[commit]\ngpgSign=true\n[alias]\nls-tree=!{trap}\n"
    )
    (home / ".gitconfig").write_text(evil)
    for name, value in {
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "GIT_SSH_COMMAND": trap,
        "GIT_EXTERNAL_DIFF": trap,
        "GIT_ASKPASS": trap,
        "GIT_TRACE": tmp_path / "ran",
        "GIT_EXEC_PATH": tmp_path,
        "GIT_DIR": tmp_path / "elsewhere",
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={trap}'",
        "LD_PRELOAD": "",
    }.items():
        monkeypatch.setenv(name, str(value))
    repositories = GitRepositories(tmp_path)
    first = commit(repositories, {".gitattributes": b"* filter=evil diff=evil merge=evil\n", "a.py": b"1"})
    # Where sessions have no box, a notebook can also write to the repository itself.
    repository = tmp_path / "git" / WORKSPACE
    with (repository / "config").open("a") as config:
        config.write(evil.replace(f"hooksPath={hooks}\n", "").replace("[alias]", "[ignored]"))
    (repository / "hooks").mkdir()
    for program in hooks.iterdir():
        shutil.copy(program, repository / "hooks" / program.name)
    (repository / "info").mkdir(exist_ok=True)
    (repository / "info" / "attributes").write_text("* filter=evil diff=evil\n")
    second = commit(repositories, {"a.py": b"2"}, first)

    async def look() -> None:
        assert (await repositories.tree(WORKSPACE, second)).keys() == {".gitattributes", "a.py"}
        log = await repositories.log(WORKSPACE, before=None, limit=5)
        assert [one.path for one in await repositories.changes(WORKSPACE, log[0])] == ["a.py"]

    asyncio.run(look())
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()


@pytest.mark.parametrize("url", ["file:///tmp/x.git", "/tmp/x.git", "ssh://git@localhost/x", "ext::sh -c id", "fd::0"])
def test_no_other_protocol_is_spoken(tmp_path: Path, trap: Path, url: str) -> None:
    program = GitProgram()
    settings = {"protocol.allow": "always", "protocol.ext.allow": "always", "core.sshCommand": str(trap)}
    with pytest.raises(GitError, match="not allowed"):
        asyncio.run(program.run(tmp_path, "ls-remote", url, settings=settings))
    assert not (tmp_path / "ran").exists()


def test_a_hostile_repository_runs_and_writes_nothing(tmp_path: Path, trap: Path, git_server: GitServer) -> None:
    """It has hooks, links, a submodule with a command as its address, attributes, and paths that lead out."""
    hostile = git_server.create("hostile")
    blob = git("hash-object", "-w", "--stdin", at=hostile, given=b"../../../../etc/passwd").strip()
    modules = f'[submodule "x"]\n\tpath = x\n\turl = -u./{trap}\n\tupdate = !{trap}\n'
    submodules = git("hash-object", "-w", "--stdin", at=hostile, given=modules.encode()).strip()
    entries = f"100644 blob {submodules}\t.gitmodules\n120000 blob {blob}\tbook.ipynb\n160000 commit {'1' * 40}\tx\n"
    tree = git("mktree", "--missing", at=hostile, given=entries.encode()).strip()
    head = git("commit-tree", tree, "-m", "m", at=hostile).strip()
    git("update-ref", "refs/heads/main", head, at=hostile)
    repositories = GitRepositories(tmp_path)
    with pytest.raises(HandloomError):  # git itself refuses such submodules
        asyncio.run(repositories.adopt(WORKSPACE, credential(git_server, "hostile")))
    plain = git("mktree", at=hostile, given=f"120000 blob {blob}\tbook.ipynb\n".encode()).strip()
    head = git("commit-tree", plain, "-m", "\x1b[31m<script>", at=hostile).strip()
    git("update-ref", "refs/heads/main", head, at=hostile)
    adopted = asyncio.run(repositories.adopt(WORKSPACE, credential(git_server, "hostile")))
    assert adopted == head
    assert asyncio.run(repositories.tree(WORKSPACE, adopted)) == {}  # no link is followed or shown as a file
    made = commit(repositories, {"book.ipynb": b"{}"}, adopted)
    assert set(asyncio.run(repositories.tree(WORKSPACE, made))) == {"book.ipynb"}
    assert not (tmp_path / "ran").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"git", "trap"}


@pytest.mark.parametrize("path", ["../x.py", "a/../../x.py", ".git/config", "/etc/x", "a//b", ""])
def test_paths_that_lead_out_of_a_repository_are_refused(tmp_path: Path, path: str) -> None:
    repositories = GitRepositories(tmp_path)
    with pytest.raises(HandloomError):
        commit(repositories, {path: b"x"})
    assert asyncio.run(repositories.head(WORKSPACE)) is None


def test_texts_of_a_commit_cannot_become_commands_of_the_import(tmp_path: Path) -> None:
    repositories = GitRepositories(tmp_path)
    content = b"x\ndone\ncommit refs/heads/other\n"
    message = "m\n\nM 100644 inline evil.py\ndata 1\nx"
    new = NewCommit(
        parent=None, author="Kim", email="k@example.com", at=1, message=message, contents={'q" \\ 한.py': content}
    )
    made = asyncio.run(repositories.add(WORKSPACE, new))
    assert set(asyncio.run(repositories.tree(WORKSPACE, made))) == {'q" \\ 한.py'}
    assert git("for-each-ref", "--format=%(refname)", at=tmp_path / "git" / WORKSPACE) == "refs/heads/main\n"


def test_floods_and_waits_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "git").write_text("#!/bin/sh\nhead -c 3000000 /dev/zero\n")
    (fake / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake}{os.pathsep}{os.environ['PATH']}")
    program = GitProgram(most_output=2_000_000)
    with pytest.raises(HandloomError, match="too large"):
        asyncio.run(program.run(tmp_path, "log"))
    (fake / "git").write_text("#!/bin/sh\nsleep 600\n")
    with pytest.raises(HandloomError, match="seconds"):
        asyncio.run(program.run(tmp_path, "log", seconds=0.5))
    (fake / "git").write_text('#!/bin/sh\ncase "$*" in *fetch*) yes > ${1#--git-dir=}/big;; esac\n')
    with pytest.raises(HandloomError, match="MB"):
        asyncio.run(program.run(tmp_path, "fetch", most_bytes=2_000_000))
    assert json.dumps(sorted(path.name for path in tmp_path.iterdir())) == '["big", "bin"]'
