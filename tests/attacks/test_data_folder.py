"""A data folder that is damaged, incomplete, open to others or another account's is reported at the start."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from handloom.domain.errors import Invalid, Unavailable
from handloom.store.backup import layout, writing
from handloom.store.backup.schedule import BackupSchedule
from handloom.store.engine import data_folder
from handloom.store.engine.database import Database
from handloom.store.notebooks import files
from handloom.store.upgrade import upgrade
from handloom.store.users import rows as users
from running import environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes, owners and descriptors of POSIX")


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    mask = os.umask(0o022)
    yield tmp_path / "data"
    os.umask(mask)


def url(root: Path) -> str:
    return f"sqlite:///{root / 'handloom.db'}"


def fill(root: Path) -> None:
    """An installation with a user, a file of a workspace and a backup."""
    data_folder.prepare(root)
    upgrade(url(root), root)
    database = Database(url(root), root)
    database.write_now(lambda tx: [users.create(tx, f"user{number:04}" * 20, admin=True) for number in range(200)])
    database.close()
    (root / "workspaces" / "w1").mkdir()
    (root / "workspaces" / "w1" / "n.ipynb").write_text("{}")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_the_store_writes_is_closed_to_other_accounts(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    root.mkdir(mode=0o755)
    (root / "secret.key").write_text("left readable by an older release")
    with caplog.at_level(logging.WARNING):
        data_folder.prepare(root)
    assert "chmod 700" in caplog.text
    upgrade(url(root), root)
    database = Database(url(root), root)
    database.write_now(lambda tx: users.create(tx, "kim"))
    files = [root / name for name in ("handloom.db", "handloom.db-wal", "handloom.db-shm", "secret.key")]
    assert [oct(mode(path)) for path in files] == ["0o600"] * 4
    assert [oct(mode(root / name)) for name in ("workspaces", "artifacts", "trash")] == ["0o700"] * 3
    database.close()


def test_a_folder_that_only_its_owner_enters_is_met_without_a_warning(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data_folder.prepare(root)
    assert oct(mode(root)) == "0o700"
    assert not caplog.records


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_the_folder_of_another_account_is_refused(root: Path) -> None:
    root.mkdir()
    os.chown(root, 65_534, 65_534)
    with pytest.raises(Invalid, match=r"belongs to another account .*Start Handloom as"):
        data_folder.prepare(root)
    assert list(root.iterdir()) == []


def test_a_damaged_page_is_refused_with_the_newest_backup_named(root: Path) -> None:
    fill(root)
    manifest = writing.write(root / "backups", root, url(root), "")
    with (root / "handloom.db").open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size // 2 - size // 2 % 4096)
        file.write(os.urandom(4096))
    with pytest.raises((Invalid, Unavailable), match=rf"newest backup .*{manifest.id}"):
        upgrade(url(root), root)


@pytest.mark.parametrize("left", [None, b"", b"not a database at all, but long enough to be read as one" * 100])
def test_a_lost_database_beside_files_is_refused_and_nothing_is_made(root: Path, left: bytes | None) -> None:
    fill(root)
    for path in root.glob("handloom.db*"):
        path.unlink()
    if left is not None:
        (root / "handloom.db").write_bytes(left)
    with pytest.raises((Invalid, Unavailable), match="restore"):
        upgrade(url(root), root)
    assert not (root / "handloom.db").exists() or (root / "handloom.db").read_bytes() == (left or b"")


def test_damage_met_while_the_server_runs_says_what_to_do(root: Path) -> None:
    fill(root)
    with (root / "handloom.db").open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(2 * 4096)
        file.write(os.urandom(size - 2 * 4096))
    database = Database(url(root), root)
    with pytest.raises(Unavailable, match=r"damaged .* handloom restore"):
        database.read_now(users.owner)
    database.close()


def test_drafts_of_interrupted_saves_are_swept_and_nothing_else(root: Path) -> None:
    fill(root)
    folder = root / "workspaces" / "w1"
    draft = folder / f".{'0a' * 16}.draft"
    mine = folder / ".my.draft"
    for path in (draft, mine):
        path.write_text("half")
    deep = folder / "files" / "a" / draft.name
    running = deep.with_name(f".{'0b' * 16}.draft")
    deep.parent.mkdir(parents=True)
    deep.write_text("")
    began = deep.stat().st_mtime + 1
    running.write_text("")
    os.utime(running, (began + 1, began + 1))
    database = Database(url(root), root)
    database.read_now(files.finish_interrupted)
    database.close()
    files.sweep_deep_drafts(root, began)
    assert (deep.exists(), running.exists()) == (False, True)
    assert sorted(path.name for path in folder.iterdir()) == [".my.draft", "files", "n.ipynb"]


_EXHAUST = """
import os, resource, sys
from pathlib import Path
from handloom.domain.errors import Unavailable
from handloom.store.artifacts import storage
from handloom.store.engine.database import Database
from handloom.store.users import rows as users
root = Path(sys.argv[1])
store = storage.connect("", root)
storage.put(store, "w1", "a.bin", b"x")
database = Database(f"sqlite:///{root / 'handloom.db'}", root)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
taken = []
try:
    while True:
        taken.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    pass
for what in (lambda: database.read_now(users.owner), lambda: store.open("w1", "a.bin"),
             lambda: store.upload("w1", "b.bin")):
    try:
        what()
    except Unavailable as error:
        assert "file descriptors" in error.message, error.message
    else:
        raise AssertionError("no refusal")
os.close(taken.pop()), os.close(taken.pop()), os.close(taken.pop()), os.close(taken.pop())
assert database.read_now(users.owner) is not None
os._exit(0)
"""


def test_without_file_descriptors_requests_are_refused_and_work_again_later(root: Path) -> None:
    fill(root)
    said = subprocess.run(
        [sys.executable, "-c", _EXHAUST, str(root)], env=environment(), capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr


def test_scheduled_backups_are_written_and_the_oldest_deleted(root: Path, tmp_path: Path) -> None:
    fill(root)
    target = tmp_path / "backups"
    schedule = BackupSchedule(target, root, url(root), "", interval_seconds=0, keep=2)
    for _ in range(3):
        schedule._step()
    found = layout.snapshots(target)
    assert len(found) == 2
    assert found[-1].files >= 1
