"""An archive of notebooks and files is unpacked into a workspace, and a notebook is downloaded as an HTML file."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from e2e import notebook
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made
from running import Handloom

OUTPUT: dict[str, object] = {
    "output_type": "display_data",
    "metadata": {},
    "data": {"text/html": "<script>document.write(6*7)</script>"},
}
CELL: dict[str, object] = {
    "cell_type": "code",
    "id": "a",
    "metadata": {},
    "source": "'한글'",
    "outputs": [OUTPUT],
    "execution_count": 1,
}
NOTEBOOK: dict[str, object] = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [CELL]}


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("repo/자료.ipynb", json.dumps(NOTEBOOK))
        written.writestr("repo/broken.ipynb", "{}")
        written.writestr("repo/data/values.csv", "a,b\n" + "1,2\n" * 100_000)
        written.writestr("../outside.txt", "no")
        link = zipfile.ZipInfo("repo/link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        written.writestr(link, "/etc/passwd")
    return content.getvalue()


def test_an_archive_becomes_notebooks_and_files(sit: Sit, site: Handloom, tmp_path: Path) -> None:
    person, place = sit(), made(site, "1")
    page = person.page
    person.go(place.path.rpartition("/notebooks/")[0])
    file = tmp_path / "묶음.zip"
    file.write_bytes(archive())
    page.locator("input[type=file]").first.set_input_files(file)
    expect(page.get_by_text("묶음.zip was unpacked", exact=True)).to_be_visible()
    expect(page.get_by_text("3 entries of 묶음.zip were left out", exact=True)).to_be_visible()
    for text in ("outside.txt: its path leads", "link: it is a link", "broken.ipynb: it is no notebook"):
        expect(page.get_by_text(text).first).to_be_visible()
    person.shot("unpacked")
    folder = place.file.parent
    assert (folder / "Files" / "묶음" / "data" / "values.csv").read_text().count("\n") == 100_001
    assert not (folder / "Files" / "묶음" / "link").exists()
    page.get_by_role("link", name="자료").first.click()
    notebook.opened(person)
    page.get_by_role("menuitem", name="Home", exact=True).click()
    with page.expect_download() as downloading:
        page.get_by_role("menuitem", name="Download .html").click()
    assert downloading.value.suggested_filename == "자료.html"
    downloading.value.save_as(tmp_path / "page.html")
    page.context.add_init_script("window.print = () => { document.title = 'printed ' + self.origin }")
    page.get_by_role("menuitem", name="Home", exact=True).click()
    with page.context.expect_page() as opening:
        page.get_by_role("menuitem", name="Print or save as PDF").click()
    paper = opening.value
    expect(paper).to_have_title("printed null")  # an origin of its own: no script in it acts for the person
    expect(paper.locator("pre").first).to_have_text("'한글'")
    expect(paper.frame_locator("iframe").locator("body")).to_contain_text("42")
    paper.close()
    page.goto((tmp_path / "page.html").as_uri())
    expect(page.locator("pre").first).to_have_text("'한글'")
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("42")
    person.shot("html")
