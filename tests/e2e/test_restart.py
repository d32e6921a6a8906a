"""A page with a running cell, while its server restarts in place: every line, the variables, and no question."""

from __future__ import annotations

import uuid

from playwright.sync_api import expect

from e2e import notebook, walk
from e2e.conftest import Sit
from running import Handloom, handloom

LINES = """import os, time
for n in range(3000):
    print('line', n)
while not os.path.exists('Files/go'): time.sleep(0.1)
print('went on')"""


def test_a_cell_runs_on_and_the_page_shows_all_of_it(sit: Sit, site: Handloom) -> None:
    person = sit()
    walk.make_workspace(person, f"restart {uuid.uuid4().hex[:8]}")
    walk.make_notebook(person, "Notebook 1")
    notebook.opened(person)
    cell = notebook.cells(person).last
    notebook.write(person, cell, LINES)
    person.page.keyboard.press("ControlOrMeta+Enter")
    expect(notebook.output(cell)).to_contain_text("line 2999", timeout=60_000)
    told = handloom("restart", *site.where)
    assert told.returncode == 0, told.stderr
    workspace = person.page.url.split("/workspaces/")[1].split("/")[0]
    (site.data / "workspaces" / workspace / "Files" / "go").touch()
    expect(notebook.output(cell)).to_contain_text("went on", timeout=60_000)
    person.shot("restarted")
    text = notebook.output(cell).inner_text().split("\n")
    assert [line for line in text if line.startswith("line ")] == [f"line {n}" for n in range(3000)]
    expect(person.page.get_by_text("The server restarts")).to_have_count(0)
    after = notebook.add_code(person)
    notebook.write(person, after, "print(n * 2)")
    notebook.run(person, after)
    expect(notebook.output(after)).to_contain_text("5998")
