"""Notebooks as HTML files: what is in them, that they load and run nothing outside of frames, and hostile content."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from handloom.domain.errors import Invalid, NotFound
from handloom.store.notebooks.html import written


class Parts(HTMLParser):
    """The elements of a page with their attributes, and its text outside of frames."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(tmp_path: Path, *cells: dict[str, Any], name: str = "모델") -> Parts:
    file = tmp_path / "n.ipynb"
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    return Parts(written(name, file).decode())


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "execution_count": 3, "metadata": {}, "outputs": list(outputs)}


def shown(**data: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {k.replace("_", "/"): v for k, v in data.items()}}


def markdown(source: str | list[str], **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def test_a_page_has_cells_texts_pictures_and_tables(tmp_path: Path) -> None:
    found = page(
        tmp_path,
        markdown(
            ["# Title\n", "| a | b |\n|---|---|\n| 1 | 2 |\n\n", "![x](attachment:x.png)"],
            attachments={"x.png": {"image/png": "aGk="}},
        ),
        code("값 = 1\nprint(값)", {"output_type": "stream", "name": "stdout", "text": ["\x1b[31m한글\x1b[0m <b>\n"]}),
        code(
            "1 / 0", {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[0;31mlast line\x1b[0m"]}
        ),
        code("plot", shown(image_png="aGVs\nbG8=", text_plain="<Figure>")),
        code("df", shown(text_html="<table><tr><td>cell</td></tr></table>", text_plain="text of df")),
        code("w", {"output_type": "display_data", "data": {"application/x-own": {}, "text/plain": "own text"}}),
    )
    assert "모델" in found.text
    assert [one["src"] for one in found.all("img")] == ["data:image/png;base64,aGk=", "data:image/png;base64,aGVsbG8="]
    for text in ("Title", "값", "한글 <b>", "last line", "own text", "drawn in Handloom only"):
        assert text in found.text, text
    assert "\x1b" not in found.text
    assert "text of df" not in found.text
    assert len(found.all("table")) == 1  # of the text; the output's is in the frame
    (frame,) = found.all("iframe")
    assert frame["sandbox"] == "allow-scripts"
    assert "<td>cell</td>" in str(frame["srcdoc"])


def test_nothing_runs_or_loads_outside_of_frames(tmp_path: Path) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    leaving = '"></iframe><script>alert(1)</script>'
    found = page(
        tmp_path,
        markdown(f"{attack}\n\n[x](javascript:alert(1)) ![y](https://example.com/y.png) <a href='javascript:1'>z</a>"),
        code(attack, {"output_type": "stream", "text": attack}, {"output_type": "error", "traceback": [attack]}),
        code("1", shown(text_html=leaving), shown(text_plain=attack), shown(text_latex=attack)),
        code("2", {"output_type": "display_data", "data": {"image/svg+xml": f"<svg onload='alert(1)'/>{leaving}"}}),
        code("3", {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}}),
        code("4", shown(image_png=f'" onerror="alert(1){leaving}', text_plain="no picture")),
        code("5", shown(text_markdown=attack)),
        name=leaving,
    )
    assert found.all("script") == []
    assert not any(name.startswith("on") for _, attributes in found.elements for name in attributes)
    assert not any("javascript:" in str(one.get("href")) for one in found.all("a"))
    assert [set(one) for one in found.all("iframe")] == [{"sandbox", "style", "srcdoc"}] * 3
    assert {one["sandbox"] for one in found.all("iframe")} == {"allow-scripts"}
    (policy,) = [one["content"] for one in found.all("meta") if one.get("http-equiv")]
    assert str(policy).startswith("default-src 'none'")
    assert "http" not in str(policy)


def test_a_file_that_is_no_notebook_is_refused_or_has_what_can_be_read(tmp_path: Path) -> None:
    assert "n" in page(tmp_path, {}, code("1", {}, {"output_type": "stream"}), markdown("n")).text
    odd = {
        "cells": [None, 1, {"cell_type": "code", "source": [1, "a"], "outputs": [3, {"output_type": "display_data"}]}]
    }
    file = tmp_path / "odd.ipynb"
    file.write_text(json.dumps(odd))
    assert "a" in Parts(written("odd", file).decode()).text
    for content in ("{", "[]", "7", "\ud800".encode("utf-8", "surrogatepass")):
        broken = tmp_path / "broken.ipynb"
        broken.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(Invalid):
            written("broken", broken)
    with pytest.raises(NotFound):
        written("gone", tmp_path / "gone.ipynb")
    link = tmp_path / "link.ipynb"
    link.symlink_to(file)
    with pytest.raises(NotFound):
        written("link", link)
    deep = tmp_path / "deep.ipynb"
    deep.write_text('{"cells":' + "[" * 200_000)
    with pytest.raises(Invalid):
        written("deep", deep)
