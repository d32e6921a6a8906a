"""A deleted table's folder goes to the trash, and no path leads to another folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from handloom.domain.errors import Conflict, Invalid, NotFound
from handloom.store.engine import data_folder
from handloom.store.lakehouse.files import discard_table


@pytest.fixture
def root(tmp_path: Path) -> Path:
    data_folder.prepare(tmp_path)
    (tmp_path / "workspaces/w1/Tables/dbo/iris").mkdir(parents=True)
    (tmp_path / "workspaces/w2/Tables/secret").mkdir(parents=True)
    return tmp_path


def test_a_table_goes_to_the_trash(root: Path) -> None:
    discard_table(root, "w1", "Tables/dbo/iris")
    assert not (root / "workspaces/w1/Tables/dbo/iris").exists()
    assert len(list((root / "trash").iterdir())) == 1
    with pytest.raises(NotFound):
        discard_table(root, "w1", "Tables/dbo/iris")


@pytest.mark.parametrize(
    "path", ["", ".", "..", "Tables", "Files/x", "../w2/Tables/secret", "Tables/../../w2/Tables/secret", "/etc"]
)
def test_a_path_out_of_the_tables_is_refused(root: Path, path: str) -> None:
    with pytest.raises(Invalid):
        discard_table(root, "w1", path)
    assert (root / "workspaces/w2/Tables/secret").is_dir()


def test_a_link_is_not_followed(root: Path) -> None:
    (root / "workspaces/w1/Tables/link").symlink_to(root / "workspaces/w2/Tables")
    for path in ("Tables/link", "Tables/link/secret"):
        with pytest.raises(Conflict):
            discard_table(root, "w1", path)
    assert (root / "workspaces/w2/Tables/secret").is_dir()
