"""The page of a run with a long name, and previews of its Parquet files, notebooks and PDFs."""

from __future__ import annotations

import io
import json
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
from playwright.sync_api import expect

from e2e.conftest import Sit
from e2e.words import KOREAN
from running import Handloom

NAME = "very-long-name-of-a-classifier-with-augmentation-and-many-more-words-until-nothing-fits-any-more-v42"
ROWS = 50_000
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": "## What I found"},
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 7,
            "source": "print(6 * 7)",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "42\n"}],
        },
    ],
}


CODECS = ["none", "gzip", "zstd", "brotli", "lz4"]


def parquet(rows: int, **how: str | int) -> bytes:
    written = io.BytesIO()
    table = pa.table({"id": list(range(rows)), "name": [f"row {n}" for n in range(rows)]})
    pq.write_table(table, written, **how)
    return written.getvalue()


def logged(site: Handloom) -> str:
    """The address of a run with files."""
    files = {
        "rows.parquet": parquet(ROWS, row_group_size=10_000),
        "train.ipynb": json.dumps(NOTEBOOK).encode(),
        "plot.pdf": b"%PDF-1.4",
        **{f"{codec}.parquet": parquet(1_000, compression=codec) for codec in CODECS},
    }
    with site.client() as http:
        workspace = http.post("/api/v1/workspaces", json={"name": f"previews {uuid.uuid4().hex[:8]}"}).json()["id"]
        api = f"/mlflow/{workspace}/api/2.0"
        experiment = http.post(f"{api}/mlflow/experiments/create", json={"name": "files"}).json()["experiment_id"]
        start = {"experiment_id": experiment, "run_name": NAME, "start_time": 1}
        run = http.post(f"{api}/mlflow/runs/create", json=start).json()["run"]["info"]["run_id"]
        for name, content in files.items():
            place = f"{api}/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/{name}"
            http.put(place, content=content).raise_for_status()
    return f"/workspaces/{workspace}/experiments/{experiment}?view=details&run={run}"


def test_rows_of_a_parquet_file_and_cells_of_a_notebook_are_read_on_the_page(sit: Sit, site: Handloom) -> None:
    address = logged(site)
    person = sit()
    page = person.page
    person.go(address)
    page.get_by_role("button", name="Rename run").click()  # neither cut off nor covered, however long the name is
    expect(page.get_by_role("dialog").get_by_label("Name")).to_have_value(NAME)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Artifacts").click()
    tree = page.get_by_role("tree", name="Files of the run")
    tree.get_by_role("treeitem", name="rows.parquet").click()
    grid = page.get_by_role("grid", name="Rows of rows.parquet")
    expect(page.get_by_text("50,000 rows.")).to_be_visible()
    expect(grid.get_by_role("row").nth(1)).to_contain_text("row 0")
    grid.evaluate("element => element.scrollTop = element.scrollHeight")
    expect(grid.get_by_role("row").filter(has_text=f"row {ROWS - 1}")).to_be_visible()
    person.shot("parquet")
    tree.get_by_role("treeitem", name="train.ipynb").click()
    expect(page.get_by_role("heading", name="What I found")).to_be_visible()
    expect(page.get_by_role("listitem", name="Cell 2")).to_contain_text("42")
    person.shot("notebook")
    tree.get_by_role("treeitem", name="plot.pdf").click()
    expect(page.get_by_role("link", name="Open in a new tab")).to_be_visible()
    expect(page.locator("iframe[title='plot.pdf']")).to_be_visible()
    for codec in CODECS:
        tree.get_by_role("treeitem", name=f"{codec}.parquet").click()
        rows = page.get_by_role("grid", name=f"Rows of {codec}.parquet").get_by_role("row")
        expect(rows.nth(2)).to_contain_text("row 1")
    other = sit(KOREAN, dark=True)
    other.go(f"{address}&tab=artifacts")
    other.page.get_by_role("treeitem", name="rows.parquet").click()
    expect(other.page.get_by_text("50,000행.")).to_be_visible()
    other.shot("korean")


def test_files_of_a_workspace_have_the_previews_of_a_runs_files(sit: Sit, site: Handloom) -> None:
    files = {
        "rows.parquet": parquet(ROWS, row_group_size=10_000, compression="zstd"),
        "train.ipynb": json.dumps(NOTEBOOK).encode(),
        "plot.pdf": b"%PDF-1.4",
        "page.html": b"<p id=p>before</p><script>p.textContent = 'drawn by a script'</script>",
    }
    with site.client() as http:
        workspace = http.post("/api/v1/workspaces", json={"name": f"previews {uuid.uuid4().hex[:8]}"}).json()["id"]
        at = f"/api/v1/workspaces/{workspace}/files/Files"
        for name, content in files.items():
            http.put(f"{at}/{name}", content=content).raise_for_status()
        part = http.get(f"{at}/rows.parquet", headers={"Range": "bytes=0-3"})
        assert (part.status_code, part.content) == (206, b"PAR1")
        document, html = http.get(f"{at}/plot.pdf").headers, http.get(f"{at}/page.html?scripts=1").headers
        assert (document["content-type"], document["x-content-type-options"]) == ("application/pdf", "nosniff")
        assert "sandbox" not in document["content-security-policy"]
        assert html["content-security-policy"].startswith("sandbox allow-scripts; default-src 'none'")
        assert http.get(f"{at}/none.txt").status_code == 404
    person = sit()
    page = person.page
    person.go(f"/workspaces/{workspace}/files")
    tree = page.get_by_role("tree")
    tree.get_by_role("treeitem", name="rows.parquet").click()
    grid = page.get_by_role("grid", name="Rows of rows.parquet")
    expect(page.get_by_text("50,000 rows.")).to_be_visible()
    grid.evaluate("element => element.scrollTop = element.scrollHeight")
    expect(grid.get_by_role("row").filter(has_text=f"row {ROWS - 1}")).to_be_visible()
    tree.get_by_role("treeitem", name="train.ipynb").click()
    expect(page.get_by_role("heading", name="What I found")).to_be_visible()
    tree.get_by_role("treeitem", name="plot.pdf").click()
    expect(page.locator("iframe[title='plot.pdf']")).to_be_visible()
    tree.get_by_role("treeitem", name="page.html").click()
    expect(page.frame_locator("iframe[title='page.html']").get_by_text("drawn by a script")).to_be_visible()
    person.shot("files")


FILM = """async () => {
    const canvas = document.createElement('canvas');
    const drawing = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm' });
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.start();
    for (let n = 0; n < 20; n += 1) {
        drawing.fillStyle = `hsl(${n * 18}, 80%, 50%)`;
        drawing.fillRect(0, 0, canvas.width, canvas.height);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    recorder.stop();
    await new Promise((resolve) => { recorder.onstop = resolve; });
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
}"""


def test_a_film_of_a_run_plays_on_its_page(sit: Sit, site: Handloom) -> None:
    person = sit()
    page = person.page
    film = bytes(page.evaluate(FILM))
    with site.client() as http:
        workspace = http.post("/api/v1/workspaces", json={"name": f"film {uuid.uuid4().hex[:8]}"}).json()["id"]
        api = f"/mlflow/{workspace}/api/2.0"
        run = http.post(f"{api}/mlflow/runs/create", json={"experiment_id": "0", "start_time": 1}).json()["run"]["info"]
        place = f"{api}/mlflow-artifacts/artifacts/0/{run['run_id']}/artifacts/film.webm"
        http.put(place, content=film).raise_for_status()
    person.go(f"/workspaces/{workspace}/experiments/0?view=details&run={run['run_id']}&tab=artifacts")
    page.get_by_role("treeitem", name="film.webm").click()
    video = page.get_by_label("film.webm", exact=True).and_(page.locator("video"))
    expect(video).to_be_visible()
    assert video.evaluate("one => one.play().then(() => [one.videoWidth > 0, one.error])") == [True, None]
    person.shot("film")
