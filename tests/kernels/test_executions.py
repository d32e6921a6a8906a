"""Outputs of a cell: merged, folded, capped, and restored completely."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handloom.domain.cell_outputs import TRUNCATED
from handloom.kernels import executions
from handloom.kernels.executions import HEAD, MAX_OUTPUTS, TAIL, Execution, fold, fold_continuation
from handloom.kernels.spools import Spool


@pytest.fixture
def execution(tmp_path: Path) -> Iterator[Execution]:
    execution = Execution(cell="c1", header={"msg_id": "m1"}, spool=tmp_path)
    yield execution
    execution.discard()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a\nb"),
        ("10%\r20%\r100%\n", "100%\n"),
        ("long line\rshort\n", "shortline\n"),
        ("windows\r\nlines\r\n", "windows\nlines\n"),
        ("waiting\r", "waiting\r"),
    ],
)
def test_a_carriage_return_overwrites_the_line(text: str, shown: str) -> None:
    assert fold(text) == shown


@pytest.mark.parametrize("line", ["", "a", "a much longer line than the others"])
@pytest.mark.parametrize("text", ["\r1\r22\r3\n4\r5", "xyz\rab\r\nnext\r", "plain", "\r", "a\rbcd\re"])
def test_shortened_text_gives_the_same_line_when_appended(line: str, text: str) -> None:
    assert fold(line + fold_continuation(text)) == fold(line + text)


def test_text_that_arrives_in_pieces_is_folded_as_if_it_came_at_once(execution: Execution) -> None:
    text = "start\n" + "".join(f"\r{n:3d}% done" for n in range(101)) + "\r\nend\r"
    for character in text:
        execution.add_stream("stderr", character)
    (output,) = execution.saved_outputs()
    assert output == {"output_type": "stream", "name": "stderr", "text": "start\n100% done\nend\r"}


def test_300000_progress_lines_stay_one_line(execution: Execution) -> None:
    for n in range(300):
        execution.add_stream("stderr", "".join(f"\r{1000 * n + k}/300000" for k in range(1000)))
        execution.take_pending(n)
    assert execution.truncation is None
    assert execution.saved_outputs()[0]["text"] == "\r299999/300000".lstrip("\r")


def test_pages_get_merged_text_in_the_order_of_the_streams(execution: Execution) -> None:
    execution.add_stream("stdout", "a")
    execution.add_stream("stdout", "b")
    execution.add_stream("stderr", "c")
    execution.add_stream("stdout", "d")
    sent = [(kind, content["name"], content["text"]) for kind, content in execution.take_pending(0)]
    assert sent == [("stream", "stdout", "ab"), ("stream", "stderr", "c"), ("stream", "stdout", "d")]
    assert execution.take_pending(1) == []


def test_a_million_lines_keep_head_tail_and_count_and_the_whole_text_in_a_file(execution: Execution) -> None:
    whole = [f"line {n}\n" for n in range(1_000_000)]
    for n in range(0, 1_000_000, 1000):
        execution.add_stream("stdout" if n % 2000 else "stderr", "".join(whole[n : n + 1000]))
    sent = "".join(content["text"] for kind, content in execution.take_pending(1) if kind == "stream")
    assert HEAD - 2_000 <= len(sent) <= HEAD
    *streams, cut = execution.saved_outputs()
    assert "".join(stream["text"] for stream in streams) == sent
    facts = cut["data"][TRUNCATED]
    assert (facts["lines"], facts["complete"]) == (1_000_000, True)
    assert len(facts["tail"]) == TAIL
    assert facts["tail"].endswith("line 999998\nline 999999\n")
    assert execution.truncation is not None
    execution.truncation.spool.flush()
    assert execution.truncation.spool.path.read_text() == "".join(whole)
    execution.discard()
    assert not execution.truncation.spool.path.exists()


def test_the_end_is_sent_twice_a_second_and_once_more_at_the_end(execution: Execution) -> None:
    execution.add_stream("stdout", "x" * HEAD)
    execution.add_stream("stdout", "first")
    assert [kind for kind, _ in execution.take_pending(10)] == ["stream", "display_data"]
    execution.add_stream("stdout", "second")
    assert execution.take_pending(10.1) == []
    assert [kind for kind, _ in execution.take_pending(10.6)] == ["update_display_data"]
    execution.add_stream("stdout", "third")
    ((_, content),) = execution.take_pending(10.7, final=True)
    assert content["data"][TRUNCATED]["tail"] == "firstsecondthird"


def test_the_download_says_when_it_is_not_whole(execution: Execution, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "SPOOL_BYTES", HEAD + 10)
    execution.add_stream("stdout", "x" * (HEAD + 100))
    facts = execution.saved_outputs()[-1]["data"][TRUNCATED]
    assert facts["complete"] is False
    assert facts["characters"] == HEAD + 100


def test_the_whole_texts_of_displays_are_kept_as_long_as_the_displays(execution: Execution) -> None:
    first, second, foreign = "a" * 32, "b" * 32, "../" + "c" * 29
    for key in (first, second, foreign):
        execution.add_piece(key, "text/html", "whole")
    facts: dict[str, Any] = {"data": {TRUNCATED: {"id": first, "complete": True}}, "transient": {"display_id": "d"}}
    assert not execution.note_incomplete(facts)
    execution.add_output("display_data", facts)
    files = {path.name for path in execution.spool.iterdir()}
    assert files == {f"{first}.txt", f"{second}.txt"}
    execution.update_display("d", {"data": {TRUNCATED: {"id": second, "complete": True}}})
    assert execution.find_spool(first) is None
    found = execution.find_spool(second)
    assert found is not None
    assert b"".join(found.blocks()) == b"whole"
    execution.clear(wait=False)
    assert list(execution.spool.iterdir()) == []


def test_the_download_of_a_picture_is_the_picture(tmp_path: Path) -> None:
    picture = bytes(range(256)) * 9_000
    spool = Spool(tmp_path / "picture.txt", "image/png")
    text = base64.encodebytes(picture).decode()
    for at in range(0, len(text), 999_999):
        spool.write(text[at : at + 999_999], room=10**9)
    assert b"".join(spool.blocks()) == picture
    assert spool.file_name == "output.png"
    spool.close()


def test_displays_beyond_the_limit_are_counted(execution: Execution) -> None:
    for n in range(MAX_OUTPUTS + 234):
        execution.add_output("display_data", {"data": {"text/plain": str(n)}, "metadata": {}, "transient": {}})
    *shown, cut = execution.saved_outputs()
    assert len(shown) == MAX_OUTPUTS
    assert cut["data"][TRUNCATED]["dropped_outputs"] == 234


def test_clearing_waits_for_the_next_output_if_asked_to(execution: Execution) -> None:
    execution.add_stream("stdout", "old")
    execution.clear(wait=True)
    assert execution.saved_outputs()[0]["text"] == "old"
    execution.add_stream("stdout", "new")
    assert [output["text"] for output in execution.saved_outputs()] == ["new"]
    execution.clear(wait=False)
    assert execution.saved_outputs() == []


def test_a_cleared_status_line_is_left_out_of_files(execution: Execution) -> None:
    for display, text in (("line", "1 s"), ("shown", "kept")):
        content = {"data": {"text/plain": text}, "metadata": {}, "transient": {"display_id": display}}
        execution.add_output("display_data", content)
    execution.update_display("line", {"data": {"text/plain": ""}, "metadata": {}})
    assert [output["data"]["text/plain"] for output in execution.saved_outputs()] == ["kept"]


def test_a_display_is_updated_in_place_and_replayed_under_its_id(execution: Execution) -> None:
    content = {"data": {"text/plain": "0 %"}, "metadata": {}, "transient": {"display_id": "bar"}}
    execution.add_output("display_data", content)
    assert execution.update_display("bar", {"data": {"text/plain": "100 %"}, "metadata": {}})
    assert not execution.update_display("other", {"data": {}})
    ((kind, replayed),) = execution.snapshot()
    assert (kind, replayed["data"], replayed["transient"]) == (
        "display_data",
        {"text/plain": "100 %"},
        {"display_id": "bar"},
    )
