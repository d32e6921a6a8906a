"""Rows and their files are created and deleted together."""

import errno
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from handloom.domain import clock
from handloom.domain.errors import Conflict, NotFound, Unauthenticated, Unavailable
from handloom.domain.members import User
from handloom.domain.notebooks import Notebook
from handloom.domain.tokens import digest
from handloom.domain.workspaces import Workspace
from handloom.store.engine import data_folder as folder
from handloom.store.engine.database import Database, Write
from handloom.store.notebooks import files
from handloom.store.notebooks import rows as notebooks
from handloom.store.tokens import rows as tokens
from handloom.store.tokens import tables as token_tables
from handloom.store.users import rows as users
from handloom.store.workspaces import rows as workspaces


class NotKeptError(Exception):
    """Aborts the transaction."""


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    folder.prepare(tmp_path)
    opened = Database(database_url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def owner(database: Database) -> User:
    return database.write_now(lambda tx: users.create(tx, "me"))


@pytest.fixture
def workspace(database: Database, owner: User) -> Workspace:
    return database.write_now(lambda tx: workspaces.create(tx, owner.id, "lab"))


def create(database: Database, owner: User, workspace: Workspace, name: str) -> Notebook:
    draft = files.create_draft(database.root, workspace.id)
    return database.write_now(lambda tx: notebooks.create(tx, owner.id, name, draft, session_timeout=20))


def test_a_workspace_that_was_not_kept_leaves_no_folder(database: Database, owner: User) -> None:
    def work(tx: Write) -> None:
        workspaces.create(tx, owner.id, "lost")
        raise NotKeptError

    with pytest.raises(NotKeptError):
        database.write_now(work)
    assert not list((database.root / "workspaces").glob("*"))
    assert database.write_now(lambda tx: workspaces.create(tx, owner.id, "lost")).name == "lost"


def test_a_notebook_that_was_not_kept_leaves_no_file(database: Database, owner: User, workspace: Workspace) -> None:
    draft = files.create_draft(database.root, workspace.id)

    def work(tx: Write) -> None:
        notebooks.create(tx, owner.id, "lost", draft, session_timeout=20)
        raise NotKeptError

    with pytest.raises(NotKeptError):
        database.write_now(work)
    place = workspaces.notebooks_of(database.root, workspace.id)
    assert not [path for path in place.rglob("*") if path.is_file()]


def test_a_rename_that_was_not_kept_moves_the_file_back(database: Database, owner: User, workspace: Workspace) -> None:
    made = create(database, owner, workspace, "a")

    new_name = files.add_name(database.root, made, "b")

    def work(tx: Write) -> None:
        notebooks.change(tx, workspace.id, made.id, name="b", new_name=new_name)
        raise NotKeptError

    with pytest.raises(NotKeptError):
        database.write_now(work)
    place = workspaces.notebooks_of(database.root, workspace.id)
    assert (place / "a.ipynb").exists()
    assert not (place / "b.ipynb").exists()


def test_a_removal_that_was_not_kept_deletes_no_file(database: Database, owner: User, workspace: Workspace) -> None:
    made = create(database, owner, workspace, "a")

    def work(tx: Write) -> None:
        notebooks.remove(tx, workspace.id, made.id)
        workspaces.remove(tx, workspace.id, "lab")
        raise NotKeptError

    with pytest.raises(NotKeptError):
        database.write_now(work)
    assert (workspaces.notebooks_of(database.root, workspace.id) / "a.ipynb").exists()
    assert database.read_now(lambda tx: notebooks.get(tx, workspace.id, made.id)).name == "a"


def test_a_failure_of_what_follows_a_write_stops_no_later_write(database: Database, owner: User) -> None:
    def work(tx: Write) -> str:
        tx.after_commit((database.root / "not there").unlink)
        return users.create(tx, "second").name

    assert database.write_now(work) == "second"
    assert database.write_now(lambda tx: users.create(tx, "third")).name == "third"


def test_a_full_disk_is_told_and_the_row_goes_with_the_file(
    database: Database, owner: User, workspace: Workspace
) -> None:
    draft = files.create_draft(database.root, workspace.id)

    def work(tx: Write) -> None:
        notebooks.create(tx, owner.id, "a", draft, session_timeout=20)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Unavailable, match="Free some space"):
        database.write_now(work)
    assert database.read_now(lambda tx: notebooks.find(tx, workspace.id, "a")) is None
    assert not list(workspaces.notebooks_of(database.root, workspace.id).glob("*.ipynb"))


def test_the_second_of_two_renames_at_the_same_time_is_refused_and_undone(
    database: Database, owner: User, workspace: Workspace
) -> None:
    made = create(database, owner, workspace, "a")
    first, second = files.add_name(database.root, made, "b"), files.add_name(database.root, made, "c")
    database.write_now(lambda tx: notebooks.change(tx, workspace.id, made.id, name="b", new_name=first))
    with pytest.raises(Conflict, match="renamed by somebody else"):
        database.write_now(lambda tx: notebooks.change(tx, workspace.id, made.id, name="c", new_name=second))
    place = workspaces.notebooks_of(database.root, workspace.id)
    assert [path.name for path in place.glob("*.ipynb")] == ["b.ipynb"]


def test_a_write_that_waits_for_its_files_holds_up_no_other_write(database: Database) -> None:
    may_end = threading.Event()

    def slow(tx: Write) -> str:
        tx.after_commit(may_end.wait)
        return users.create(tx, "slow").name

    waiting = database.write(slow)
    assert database.write_now(lambda tx: users.create(tx, "quick").name) == "quick"
    assert not waiting.done()
    may_end.set()
    assert waiting.result() == "slow"


def test_the_id_of_a_workspace_goes_before_a_name_that_looks_like_it(
    database: Database, owner: User, workspace: Workspace
) -> None:
    database.write_now(lambda tx: workspaces.create(tx, owner.id, workspace.id))
    assert database.read_now(lambda tx: workspaces.find(tx, workspace.id)) == workspace.id


def test_a_sign_in_link_is_traded_once_and_opens_nothing_itself(database: Database, owner: User) -> None:
    text = database.write_now(lambda tx: tokens.sign_in_text(tx, owner.id))
    assert database.read_now(lambda tx: tokens.opens(tx, digest(text))) is None
    opened = database.write_now(lambda tx: tokens.redeem(tx, text, "a browser"))
    found = database.read_now(lambda tx: tokens.opens(tx, digest(opened)))
    assert found is not None
    assert found[0].user == owner
    with pytest.raises(Unauthenticated):
        database.write_now(lambda tx: tokens.redeem(tx, text, "a browser"))


def test_an_expired_token_opens_nothing_and_is_swept(database: Database, owner: User) -> None:
    _, text = database.write_now(lambda tx: tokens.create(tx, "api", owner.id, "old", expires_at=1))
    assert database.read_now(lambda tx: tokens.opens(tx, digest(text))) is None
    database.write_now(tokens.sweep)
    assert database.read_now(lambda tx: tokens.list_of(tx, owner.id)) == []


def test_a_kernels_token_ends_with_its_server_unless_another_one_may_run_its_kernel(
    database: Database, owner: User
) -> None:
    def expiry(text: str) -> int:
        found = database.read_now(lambda tx: tokens.opens(tx, digest(text)))
        assert found is not None
        return found[1].expires_at or 0

    token, text = database.write_now(lambda tx: tokens.create(tx, "kernel", owner.id, "session"))
    soon = clock.now() + 1_000
    shorten = update(token_tables.tokens).where(token_tables.tokens.c.id == token.id).values(expires_at=soon)
    database.write_now(lambda tx: tx.connection.execute(shorten))
    assert expiry(text) == soon
    database.write_now(lambda tx: tokens.touch(tx, token.id))
    assert expiry(text) > soon + 86_400_000  # used, so that a long session is not cut off
    database.write_now(lambda tx: tokens.sweep(tx, alone=False))
    assert expiry(text)
    database.write_now(tokens.sweep)
    assert database.read_now(lambda tx: tokens.opens(tx, digest(text))) is None


def test_nobody_revokes_another_persons_token(database: Database, owner: User) -> None:
    token, _ = database.write_now(lambda tx: tokens.create(tx, "api", owner.id, "mine"))
    other = database.write_now(lambda tx: users.create(tx, "other"))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: tokens.revoke(tx, other.id, token.id))
    assert database.read_now(lambda tx: tokens.list_of(tx, owner.id)) == [token]


def test_two_servers_never_share_a_folder(tmp_path: Path) -> None:
    folder.prepare(tmp_path)
    lock = folder.lock(tmp_path)
    folder.announce(tmp_path, folder.Running(url="http://127.0.0.1:8484", pid=7, token="t"))
    with pytest.raises(Conflict, match=r"at http://127\.0\.0\.1:8484 \(process 7\)"):
        folder.lock(tmp_path)
    assert folder.running(tmp_path) is not None
    lock.release()
    assert folder.running(tmp_path) is None  # the file that a killed server leaves misleads nobody
    folder.lock(tmp_path).release()


def test_only_its_owner_reads_the_folder_and_the_running_servers_token(tmp_path: Path) -> None:
    root = tmp_path / "data"
    folder.prepare(root)
    folder.announce(root, folder.Running(url="u", pid=1, token="t"))
    assert root.stat().st_mode & 0o777 == 0o700
    assert (root / "server.json").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="--data"):
        folder.prepare(tmp_path / "file" / "data")


def test_servers_that_share_a_database_share_the_folder(tmp_path: Path) -> None:
    folder.prepare(tmp_path)
    assert folder.place(tmp_path, alone=True) == tmp_path
    mine = folder.place(tmp_path, alone=False)
    lock = folder.lock(mine)
    assert not folder.shared(tmp_path, mine)
    other = mine.with_name(f"{mine.name.rpartition('-')[0]}-1")
    other.mkdir()
    others = folder.lock(other)
    folder.announce(other, folder.Running(url="http://127.0.0.1:1", pid=1, token="t"))
    assert folder.shared(tmp_path, mine)
    assert folder.announced_by(tmp_path, 1) is not None
    elsewhere = mine.with_name("another-machine-1")  # a server that only its own machine's command line can ask
    elsewhere.mkdir()
    folder.announce(elsewhere, folder.Running(url="http://127.0.0.1:2", pid=2, token="t"))
    assert folder.announced_by(tmp_path, 2) is None
    others.release()
    assert not folder.shared(tmp_path, mine)
    assert folder.place(tmp_path, alone=False) == mine
    assert (other.exists(), elsewhere.exists(), mine.exists()) == (False, True, True)  # a killed one's is cleared away
    lock.release()
    folder.leave(mine)
    assert not mine.exists()
