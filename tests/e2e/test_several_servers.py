"""Two servers behind a proxy that asks them in turn: a person works as with one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from azurite import free_port
from databases import Postgres
from e2e import notebook
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made, output, state
from round_robin import Proxied, in_turn
from running import Handloom


@pytest.fixture(scope="module")
def lab(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    port, database, data = free_port(), postgres.fresh(), tmp_path_factory.mktemp("several") / "data"
    flags = ("--public-url", f"http://127.0.0.1:{port}")
    with (
        Proxied(data, *flags, database=database, name="one") as one,
        Handloom(data, *flags, database=database, name="other") as other,
        in_turn(port, (one, other)),
    ):
        one.direct, one.url = one.url, f"http://127.0.0.1:{port}"
        yield one
    postgres.drop(database)


def test_a_notebook_runs_and_goes_on_whichever_server_is_asked(sit: Sit, lab: Proxied) -> None:
    shown, lab.url = lab.url, lab.direct
    place = made(
        lab, "kept = 41\nprint('first')", "import time\nfor n in range(600): time.sleep(0.1)", "print(kept + 1)"
    )
    lab.url = shown
    person = sit(at=lab)
    page = person.page
    person.go(place.path)
    notebook.opened(person)
    cells = notebook.cells(person)
    notebook.run(person, cells.nth(0))
    expect(notebook.output(cells.nth(0))).to_contain_text("first")
    cells.nth(1).get_by_role("button", name="Run cell").click()
    page.reload()
    notebook.opened(person)
    page.get_by_role("button", name="Interrupt").first.click()
    state(cells.nth(1), "cancelled")
    notebook.run(person, cells.nth(2))
    assert output(cells.nth(2)).strip() == "42"
    person.go("/sessions")
    expect(page.get_by_role("row").filter(has_text="Long")).to_have_count(1)
    person.shot("sessions")
