"""Artifact files on a real disk: whole or not at all, and never outside of their workspace."""

import resource
from pathlib import Path

import pytest

from handloom.domain.errors import Invalid, NotFound, Unavailable
from handloom.store import artifacts

WS = "workspace1"


def names(root: Path, path: str = "") -> list[str]:
    return [f.path for f in artifacts.entries(root, WS, path)]


def test_what_is_put_is_there(tmp_path: Path) -> None:
    artifacts.put(tmp_path, WS, "1/run/artifacts/a.txt", b"hello")
    assert artifacts.file(tmp_path, WS, "1/run/artifacts/a.txt").read_bytes() == b"hello"
    assert artifacts.read(tmp_path, WS, "1/run/artifacts/a.txt", 2) == b"he"
    artifacts.put(tmp_path, WS, "1/run/artifacts/a.txt", b"again")
    assert artifacts.file(tmp_path, WS, "1/run/artifacts/a.txt").read_bytes() == b"again"


def test_a_folder_lists_its_entries_by_name_and_size(tmp_path: Path) -> None:
    artifacts.put(tmp_path, WS, "run/b/x.txt", b"123")
    artifacts.put(tmp_path, WS, "run/a.txt", b"12345")
    found = artifacts.entries(tmp_path, WS, "run")
    assert [(f.path, f.is_dir, f.size) for f in found] == [("a.txt", False, 5), ("b", True, None)]
    assert names(tmp_path, "run/a.txt") == names(tmp_path, "nowhere") == []


def test_an_interrupted_upload_leaves_nothing_visible(tmp_path: Path) -> None:
    upload = artifacts.Upload(tmp_path, WS, "run/a.txt")
    upload.write(b"half")
    assert names(tmp_path) == []
    upload.abandon()
    assert names(tmp_path) == []
    with pytest.raises(NotFound):
        artifacts.file(tmp_path, WS, "run/a.txt")
    assert list((artifacts.folder(tmp_path, WS) / ".uploads").iterdir()) == []


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    artifacts.put(tmp_path, WS, "a.txt", b"old")
    upload = artifacts.Upload(tmp_path, WS, "a.txt")
    upload.write(b"new")
    assert artifacts.file(tmp_path, WS, "a.txt").read_bytes() == b"old"
    upload.finish()
    upload.abandon()
    assert artifacts.file(tmp_path, WS, "a.txt").read_bytes() == b"new"


def test_uploads_that_a_stop_interrupted_are_swept_away(tmp_path: Path) -> None:
    artifacts.put(tmp_path, WS, "a.txt", b"whole")
    (artifacts.folder(tmp_path, WS) / ".uploads" / "0123").write_bytes(b"half")
    artifacts.sweep(tmp_path)
    assert not (artifacts.folder(tmp_path, WS) / ".uploads").exists()
    assert names(tmp_path) == ["a.txt"]


def test_a_full_disk_is_said_plainly_and_keeps_what_was_there(tmp_path: Path) -> None:
    artifacts.put(tmp_path, WS, "a.bin", b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # the system refuses the write, as a full disk does
    try:
        with pytest.raises(Unavailable, match="Free some space"):
            artifacts.put(tmp_path, WS, "a.bin", b"x" * 200_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert artifacts.file(tmp_path, WS, "a.bin").read_bytes() == b"old"
    assert list((artifacts.folder(tmp_path, WS) / ".uploads").iterdir()) == []


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "%2e%2e/x", "a\\b", "", ".uploads/x"])
def test_nothing_is_written_or_deleted_outside(tmp_path: Path, path: str) -> None:
    with pytest.raises(Invalid):
        artifacts.put(tmp_path, WS, path, b"x")
    with pytest.raises(Invalid):
        artifacts.delete(tmp_path, WS, path)


def test_a_link_that_leaves_the_workspace_leads_nowhere(tmp_path: Path) -> None:
    artifacts.put(tmp_path, "workspace2", "secret.txt", b"theirs")
    artifacts.put(tmp_path, WS, "own.txt", b"mine")
    base = artifacts.folder(tmp_path, WS)
    (base / "out").symlink_to(artifacts.folder(tmp_path, "workspace2"))
    (base / "in").symlink_to(base / "own.txt")
    assert names(tmp_path) == ["in", "own.txt"]
    assert artifacts.file(tmp_path, WS, "in").read_bytes() == b"mine"
    for path in ("out", "out/secret.txt", "out/new.txt"):
        with pytest.raises(Invalid):
            artifacts.locate(tmp_path, WS, path)
    with pytest.raises(Invalid):
        artifacts.put(tmp_path, WS, "out/new.txt", b"x")


def test_one_workspace_does_not_see_anothers_files(tmp_path: Path) -> None:
    artifacts.put(tmp_path, "workspace2", "1/a.txt", b"theirs")
    with pytest.raises(NotFound, match=r"No such artifact: '1/a\.txt'"):
        artifacts.file(tmp_path, WS, "1/a.txt")


def test_a_folder_is_not_a_file_and_a_file_no_folder(tmp_path: Path) -> None:
    artifacts.put(tmp_path, WS, "run/a.txt", b"x")
    with pytest.raises(Invalid, match="refers to a directory"):
        artifacts.file(tmp_path, WS, "run")
    with pytest.raises(Invalid, match="is a folder"):
        artifacts.put(tmp_path, WS, "run", b"x")
    with pytest.raises(Invalid, match="A file stands where"):
        artifacts.put(tmp_path, WS, "run/a.txt/b.txt", b"x")


def test_deleting_takes_folders_whole_and_twice_is_fine(tmp_path: Path) -> None:
    artifacts.put(tmp_path, WS, "run/a/b.txt", b"x")
    artifacts.put(tmp_path, WS, "run/c.txt", b"x")
    artifacts.delete(tmp_path, WS, "run/a")
    artifacts.delete(tmp_path, WS, "run/a")
    assert names(tmp_path, "run") == ["c.txt"]
    artifacts.delete(tmp_path, WS, "run/c.txt")
    assert names(tmp_path, "run") == []


def test_a_folder_with_an_mlmodel_file_is_a_model(tmp_path: Path) -> None:
    artifacts.put(tmp_path, WS, "run/model/MLmodel", b"flavors: {}")
    assert artifacts.is_model(tmp_path, WS, "run/model")
    assert not artifacts.is_model(tmp_path, WS, "run")
