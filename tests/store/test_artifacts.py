"""Artifact files in a folder: written atomically, and never outside their workspace."""

import hashlib
import os
import resource
import threading
import time
from pathlib import Path

import pytest

from handloom.domain.errors import Invalid, NotFound, Unavailable
from handloom.store.artifacts import storage as artifacts
from handloom.store.artifacts.folder import CONTENTS, TRASH, FolderStore

WS = "workspace1"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


def put(store: FolderStore, path: str, data: bytes, workspace: str = WS) -> None:
    artifacts.put(store, workspace, path, data)


def text(store: FolderStore, path: str) -> bytes:
    return artifacts.read(store, WS, path, 1_000_000)


def names(store: FolderStore, path: str = "") -> list[str]:
    return [f.path for f in store.entries(WS, path)]


def waiting(store: FolderStore) -> list[Path]:
    return list((store.base / WS / ".uploads").iterdir())


def test_what_is_put_is_there(store: FolderStore) -> None:
    put(store, "1/run/artifacts/a.txt", b"hello")
    assert text(store, "1/run/artifacts/a.txt") == b"hello"
    assert artifacts.read(store, WS, "1/run/artifacts/a.txt", 2) == b"he"
    put(store, "1/run/artifacts/a.txt", b"again")
    assert text(store, "1/run/artifacts/a.txt") == b"again"


def test_a_folder_lists_its_entries_by_name_and_size(store: FolderStore) -> None:
    put(store, "run/b/x.txt", b"123")
    put(store, "run/a.txt", b"12345")
    found = store.entries(WS, "run")
    assert [(f.path, f.is_dir, f.size) for f in found] == [("a.txt", False, 5), ("b", True, None)]
    assert names(store, "run/a.txt") == names(store, "nowhere") == []


def test_an_interrupted_upload_leaves_nothing_visible(store: FolderStore) -> None:
    upload = store.upload(WS, "run/a.txt")
    upload.write(b"half")
    assert names(store) == []
    upload.abandon()
    assert names(store) == []
    with pytest.raises(NotFound):
        store.open(WS, "run/a.txt")
    assert waiting(store) == []


def test_the_old_file_stays_until_the_new_one_is_whole(store: FolderStore) -> None:
    put(store, "a.txt", b"old")
    upload = store.upload(WS, "a.txt")
    upload.write(b"new")
    assert text(store, "a.txt") == b"old"
    upload.finish()
    assert text(store, "a.txt") == b"old"
    upload.show()
    upload.abandon()
    assert text(store, "a.txt") == b"new"


def test_uploads_that_a_stop_interrupted_are_swept_away(store: FolderStore) -> None:
    put(store, "a.txt", b"whole")
    (store.base / WS / ".uploads" / "0123").write_bytes(b"half")
    store.sweep()
    assert waiting(store) == []
    assert names(store) == ["a.txt"]


def test_a_full_disk_is_said_plainly_and_keeps_what_was_there(store: FolderStore) -> None:
    put(store, "a.bin", b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # the system refuses the write, as a full disk does
    try:
        with pytest.raises(Unavailable, match="Free some space"):
            put(store, "a.bin", b"x" * 200_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert text(store, "a.bin") == b"old"
    assert waiting(store) == []


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "%2e%2e/x", "a\\b", "", ".uploads/x"])
def test_nothing_is_written_or_deleted_outside(store: FolderStore, path: str) -> None:
    with pytest.raises(Invalid):
        put(store, path, b"x")
    with pytest.raises(Invalid):
        store.delete(WS, path)


def test_a_link_that_leaves_the_workspace_leads_nowhere(store: FolderStore) -> None:
    put(store, "secret.txt", b"theirs", "workspace2")
    put(store, "own.txt", b"mine")
    base = store.base / WS
    (base / "out").symlink_to(store.base / "workspace2")
    (base / "in").symlink_to(base / "own.txt")
    assert names(store) == ["in", "own.txt"]
    assert text(store, "in") == b"mine"
    for path in ("out", "out/secret.txt", "out/new.txt"):
        with pytest.raises(Invalid):
            store.locate(WS, path)
    with pytest.raises(Invalid):
        put(store, "out/new.txt", b"x")


def test_one_workspace_does_not_see_anothers_files(store: FolderStore) -> None:
    put(store, "1/a.txt", b"theirs", "workspace2")
    with pytest.raises(NotFound, match=r"No such artifact: '1/a\.txt'"):
        store.open(WS, "1/a.txt")


def test_a_folder_is_not_a_file_and_a_file_no_folder(store: FolderStore) -> None:
    put(store, "run/a.txt", b"x")
    with pytest.raises(Invalid, match="refers to a directory"):
        store.open(WS, "run")
    with pytest.raises(Invalid, match="is a folder"):
        put(store, "run", b"x")
    with pytest.raises(Invalid, match="A file stands where"):
        put(store, "run/a.txt/b.txt", b"x")


def test_deleting_takes_folders_whole_and_twice_is_fine(store: FolderStore) -> None:
    put(store, "run/a/b.txt", b"x")
    put(store, "run/c.txt", b"x")
    store.delete(WS, "run/a")
    store.delete(WS, "run/a")
    assert names(store, "run") == ["c.txt"]
    store.delete(WS, "run/c.txt")
    assert names(store, "run") == []


def test_a_folder_with_an_mlmodel_file_is_a_model(store: FolderStore) -> None:
    put(store, "run/model/MLmodel", b"flavors: {}")
    assert artifacts.is_model(store, WS, "run/model")
    assert not artifacts.is_model(store, WS, "run")


def test_a_file_tells_its_content_hash(store: FolderStore) -> None:
    kept = artifacts.put(store, WS, "a.bin", b"hello")
    assert (kept.size, kept.sha256) == (5, hashlib.sha256(b"hello").hexdigest())
    opened = store.open(WS, "a.bin")
    opened.close()
    assert opened.stamp == kept.stamp


def test_the_same_bytes_are_stored_once(store: FolderStore) -> None:
    for path, workspace in (("1/a.bin", WS), ("2/b.bin", WS), ("a.bin", "workspace2")):
        put(store, path, b"x" * 100_000, workspace)
    put(store, "other.bin", b"y" * 100_000)
    places = [store.locate(WS, "1/a.bin"), store.locate(WS, "2/b.bin"), store.locate("workspace2", "a.bin")]
    assert len({place.stat().st_ino for place in places}) == 1
    assert store.locate(WS, "other.bin").stat().st_ino != places[0].stat().st_ino
    assert waiting(store) == []
    assert store.usage(WS, "1").freed == 0
    assert (store.usage(WS, "").bytes, store.usage(WS, "").freed) == (300_000, 100_000)


def test_what_shares_its_bytes_lives_on_when_the_other_goes(store: FolderStore) -> None:
    put(store, "a.bin", b"shared")
    put(store, "b.bin", b"shared")
    digest = hashlib.sha256(b"shared").hexdigest()
    store.delete(WS, "a.bin")
    store.release([digest])
    assert text(store, "b.bin") == b"shared"
    put(store, "b.bin", b"changed")
    assert text(store, "b.bin") == b"changed"
    store.release([digest])
    assert list((store.base / CONTENTS / digest[:2]).iterdir()) == []


def test_the_same_bytes_at_the_same_place_again_change_nothing(store: FolderStore) -> None:
    put(store, "a.bin", b"same")
    put(store, "a.bin", b"same")
    assert text(store, "a.bin") == b"same"
    assert waiting(store) == []


def test_what_is_shared_cannot_be_written_by_mistake(store: FolderStore) -> None:
    put(store, "a.bin", b"mine")
    assert store.locate(WS, "a.bin").stat().st_mode & 0o222 == 0


def test_contents_that_are_no_file_any_more_are_swept(store: FolderStore) -> None:
    put(store, "a.bin", b"stays")
    put(store, "b.bin", b"goes")
    store.locate(WS, "b.bin").unlink()  # as a kill between a file and its content leaves it
    (store.base / TRASH / "left").mkdir(parents=True)
    store.sweep_contents()
    assert sorted(p.name for p in (store.base / CONTENTS).rglob("*") if p.is_file()) == [
        hashlib.sha256(b"stays").hexdigest()
    ]
    assert list((store.base / TRASH).iterdir()) == []
    assert text(store, "a.bin") == b"stays"


def test_a_disk_without_links_keeps_each_file_by_itself(store: FolderStore) -> None:
    (store.base / CONTENTS).write_text("")  # no folder can be made here, so no content can be shared
    put(store, "a.bin", b"same")
    put(store, "b.bin", b"same")
    assert text(store, "a.bin") == text(store, "b.bin") == b"same"
    assert store.locate(WS, "a.bin").stat().st_ino != store.locate(WS, "b.bin").stat().st_ino


def test_a_content_that_is_not_what_its_name_says_is_not_shared(store: FolderStore) -> None:
    put(store, "a.bin", b"right")
    digest = hashlib.sha256(b"right").hexdigest()
    content = store.base / CONTENTS / digest[:2] / digest
    content.unlink()
    content.write_bytes(b"cut")
    put(store, "b.bin", b"right")
    put(store, "c.bin", b"right")
    assert text(store, "b.bin") == text(store, "c.bin") == b"right"
    assert store.locate(WS, "b.bin").stat().st_ino == store.locate(WS, "c.bin").stat().st_ino


def test_deleting_while_the_same_bytes_come_in_loses_no_file(store: FolderStore) -> None:
    """The content vanishes and comes back hundreds of times; whatever was put and not deleted is there and whole."""
    data = os.urandom(5_000)
    digest = hashlib.sha256(data).hexdigest()
    ends = time.monotonic() + 3

    def churn(worker: int) -> None:
        turn = 0
        while time.monotonic() < ends:
            put(store, f"{worker}/{turn % 3}.bin", data)
            store.delete(WS, f"{worker}/{(turn + 1) % 3}.bin")
            store.release([digest])
            store.sweep_contents()
            turn += 1
        assert turn > 3

    workers = [threading.Thread(target=churn, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    kept = [f"{n}/{f}" for n in range(4) for f in names(store, str(n))]
    assert len(kept) >= 4
    assert all(text(store, path) == data for path in kept)
    assert waiting(store) == []


def test_a_reader_keeps_the_file_it_opened(store: FolderStore) -> None:
    put(store, "a.bin", b"old" * 1_000)
    opened = store.open(WS, "a.bin")
    put(store, "a.bin", b"new")
    assert b"".join(opened.chunks(3, 9)) == b"oldold"
    assert b"".join(opened.chunks(0, opened.size)) == b"old" * 1_000
    opened.close()


def test_a_root_that_is_no_store_is_refused_without_its_secrets(tmp_path: Path) -> None:
    for root in ("ftp://bucket/x", "relative/folder", "https://kim:secret@host/x?sig=secret"):
        with pytest.raises(Invalid, match="give s3://BUCKET/PREFIX") as refused:
            artifacts.connect(root, tmp_path)
        assert "secret" not in refused.value.message
    assert isinstance(artifacts.connect(str(tmp_path / "other"), tmp_path), FolderStore)


def test_another_servers_uploads_are_left_alone_for_a_day(tmp_path: Path) -> None:
    shared = FolderStore(tmp_path, alone=False)
    uploads = tmp_path / WS / ".uploads"
    uploads.mkdir(parents=True)
    for name, age in (("new", 60), ("old", 100_000)):
        (uploads / name).write_bytes(b"half")
        os.utime(uploads / name, (time.time() - age, time.time() - age))
    shared.sweep()
    assert [p.name for p in uploads.iterdir()] == ["new"]
