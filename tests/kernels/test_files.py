"""Files that are uploaded in pieces: whole at the end, or as they were before."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path
from typing import Any

import pytest
from tornado.web import HTTPError

from handloom.kernels.files import WorkspaceContents


@pytest.fixture
def files(tmp_path: Path) -> WorkspaceContents:
    (tmp_path / "w").mkdir()
    return WorkspaceContents(root_dir=str(tmp_path))


def send(files: WorkspaceContents, piece: int, text: str, path: str = "w/a.csv") -> Any:
    content = base64.b64encode(text.encode()).decode()
    model = {"type": "file", "format": "base64", "content": content, "chunk": piece}
    return asyncio.run(files.save(model, path))


def test_a_file_of_several_pieces_takes_its_place_with_the_last_one(files: WorkspaceContents, tmp_path: Path) -> None:
    file = tmp_path / "w" / "a.csv"
    file.write_text("before")
    file.chmod(0o644)
    before = os.umask(0o077)  # as the server's
    assert send(files, 1, "one ")["size"] == 4
    os.umask(before)
    assert send(files, 2, "two ")["size"] == 8
    assert file.read_text() == "before"
    assert send(files, -1, "three")["size"] == 13
    assert file.read_text() == "one two three"
    assert file.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in file.parent.iterdir()] == ["a.csv"]


def test_an_upload_that_is_begun_again_or_discarded_leaves_nothing_of_itself(
    files: WorkspaceContents, tmp_path: Path
) -> None:
    send(files, 1, "torn")
    send(files, 1, "new ")
    send(files, -1, "whole")
    assert (tmp_path / "w" / "a.csv").read_text() == "new whole"
    send(files, 1, "left")
    send(files, 0, "")
    assert [path.name for path in (tmp_path / "w").iterdir()] == ["a.csv"]
    with pytest.raises(HTTPError) as refused:
        send(files, 2, "without a beginning")
    assert refused.value.status_code == 409
    assert "Upload the file again" in str(refused.value)
    assert (tmp_path / "w" / "a.csv").read_text() == "new whole"


def test_a_piece_follows_no_link_that_lies_where_it_is_written(files: WorkspaceContents, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("kept")
    send(files, 1, "one")
    (draft,) = (tmp_path / "w").iterdir()
    draft.unlink()
    draft.symlink_to(secret)
    for piece in (2, -1):
        with pytest.raises(HTTPError):
            send(files, piece, "two")
    assert secret.read_text() == "kept"
    for path in ("w/.hidden", "w/none/a.csv"):
        with pytest.raises(HTTPError):
            send(files, 1, "one", path)
