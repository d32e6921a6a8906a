"""A deleted table goes to the bin and comes back, and no path leads to another folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from handloom.domain.errors import AlreadyExists, Conflict, Invalid, NotFound
from handloom.store.engine import data_folder
from handloom.store.lakehouse.files import delete, list_deleted, purge, restore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    data_folder.prepare(tmp_path)
    (tmp_path / "workspaces/w1/Tables/dbo/iris").mkdir(parents=True)
    (tmp_path / "workspaces/w2/Tables/secret").mkdir(parents=True)
    return tmp_path


def test_a_table_goes_to_the_bin_and_comes_back(root: Path) -> None:
    place = root / "workspaces/w1/Tables/dbo/iris"
    (place / "part").touch()
    table = delete(root, "w1", "Tables/dbo/iris", "dbo.iris")
    assert not place.exists()
    with pytest.raises(NotFound):
        delete(root, "w1", "Tables/dbo/iris", "dbo.iris")
    assert [(one.kind, one.id, one.name) for one in list_deleted(root, "w1")] == [("table", table, "dbo.iris")]
    assert list_deleted(root, "w2") == []
    with pytest.raises(NotFound):
        restore(root, "w2", table)
    place.parent.rmdir()  # its schema
    restore(root, "w1", table)
    assert (place / "part").exists()
    assert list_deleted(root, "w1") == []


def test_a_table_in_the_place_of_a_deleted_one_is_not_overwritten(root: Path) -> None:
    place = root / "workspaces/w1/Tables/dbo/iris"
    table = delete(root, "w1", "Tables/dbo/iris", "dbo.iris")
    place.mkdir()
    (place / "mine").touch()
    with pytest.raises(AlreadyExists):
        restore(root, "w1", table)
    assert (place / "mine").exists()
    assert len(list_deleted(root, "w1")) == 1


def test_the_bin_is_purged_of_what_was_deleted_before_a_time(root: Path) -> None:
    delete(root, "w1", "Tables/dbo/iris", "dbo.iris")
    (deleted,) = list_deleted(root, "w1")
    purge(root, deleted.deleted_at - 1)
    assert list_deleted(root, "w1") == [deleted]
    purge(root, deleted.deleted_at)
    assert list_deleted(root, "w1") == []
    assert len(list((root / "trash").iterdir())) == 1


@pytest.mark.parametrize(
    "path", ["", ".", "..", "Tables", "Files/x", "../w2/Tables/secret", "Tables/../../w2/Tables/secret", "/etc"]
)
def test_a_path_out_of_the_tables_is_refused(root: Path, path: str) -> None:
    with pytest.raises(Invalid):
        delete(root, "w1", path, "x")
    assert (root / "workspaces/w2/Tables/secret").is_dir()


def test_a_link_is_not_followed(root: Path) -> None:
    (root / "workspaces/w1/Tables/link").symlink_to(root / "workspaces/w2/Tables")
    for path in ("Tables/link", "Tables/link/secret"):
        with pytest.raises(Conflict):
            delete(root, "w1", path, "x")
    assert (root / "workspaces/w2/Tables/secret").is_dir()
