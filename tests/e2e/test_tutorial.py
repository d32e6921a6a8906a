"""The whole product in one walk, in a browser and in both languages: from an empty workspace to a model and back."""

from __future__ import annotations

import re
from functools import cache

import pytest
from playwright.sync_api import Locator, expect
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeRegressor

from e2e import lab, notebook, walk
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.words import ENGLISH, KOREAN, Words
from running import Handloom

HEADING = "# Train a machine learning model and track with MLflow"


@cache
def expected() -> dict[str, dict[str, float]]:
    """Both models' R2 and mean absolute error on the training rows, worked out here from scikit-learn's own copy."""
    features, target = load_diabetes(return_X_y=True, scaled=False)
    rows, _, wanted, _ = train_test_split(features, target, test_size=0.3, random_state=0)
    found: dict[str, dict[str, float]] = {walk.R2: {}, walk.MAE: {}}
    for model in (LinearRegression(), DecisionTreeRegressor(max_depth=5)):
        name, said = type(model).__name__, model.fit(rows, wanted).predict(rows)
        found[walk.R2][name] = float(model.score(rows, wanted))
        found[walk.MAE][name] = float(mean_absolute_error(wanted, said))
    return found


@pytest.mark.timeout(420)
@pytest.mark.parametrize(
    "words", [ENGLISH, pytest.param(KOREAN, marks=pytest.mark.soak)], ids=lambda words: words.language
)
def test_the_published_lab_runs_to_its_end_with_its_own_cells(sit: Sit, site: Handloom, words: Words) -> None:
    text, code = lab.published()
    assert text == HEADING
    person = sit(words, story=f"lab-{words.language}")
    workspace = {"en": "diabetes-lab", "ko": "당뇨병 실습"}[words.language]
    walk.make_workspace(person, workspace)
    walk.make_notebook(person, "Notebook 1")
    notebook.opened(person)
    person.shot("new-notebook")
    by_hand(person, code)
    rest_of_the_walk(person, site, workspace, "Notebook 1")


@pytest.mark.timeout(420)
@pytest.mark.parametrize(
    "words", [pytest.param(ENGLISH, marks=pytest.mark.soak), KOREAN], ids=lambda words: words.language
)
def test_our_own_tutorial_leads_from_its_card_to_its_end(sit: Sit, site: Handloom, words: Words) -> None:
    person = sit(words, story=f"tutorial-{words.language}", dark=True)
    workspace = f"tutorial {words.language}"
    from_card(person, workspace)
    rest_of_the_walk(person, site, workspace, words.tutorial_notebook)


def by_hand(person: Person, code: list[str]) -> None:
    """Each cell pasted and run, as the lab tells it: the first one by its button, the others by keys."""
    assert notebook.cells(person).count() == 1
    notebook.heading(person, HEADING)
    for number, source in enumerate(code):
        cell = notebook.add_code(person)
        notebook.write(person, cell, source)
        if number == 0:
            notebook.run(person, cell)
            expect(person.page.get_by_text(person.words.ready).first).to_be_visible()
            person.shot("first-cell-ran")
        else:
            person.page.keyboard.press("ControlOrMeta+Enter")
            notebook.ended(cell)
        if source.startswith("display("):
            expect(notebook.output(cell)).to_contain_text("442")
            expect(notebook.output(cell)).to_contain_text("32.1")
            person.shot("display")


def from_card(person: Person, workspace: str) -> None:
    """Home's card makes the workspace and the notebook; Run all does the rest."""
    page, words = person.page, person.words
    person.shot("home")
    page.get_by_role("button", name=words.follow_tutorial).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(words.tutorial_workspace).fill(workspace)
    person.shot("tutorial-dialog")
    dialog.get_by_role("button", name=words.open_tutorial).click()
    notebook.opened(person)
    person.shot("tutorial-notebook")
    notebook.run_all(person)


def rest_of_the_walk(person: Person, site: Handloom, workspace: str, named: str) -> None:
    """From the results in the notebook to the removed workspace."""
    look_at_results(person)
    walk.open_workspace(person, workspace)
    expect(person.page.get_by_role("link", name="experiment-diabetes", exact=True)).to_be_visible()
    person.shot("workspace-with-experiment")
    explore(person)
    walk.best_run(person)
    walk.save_model(person, "model-diabetes")
    look_at_version(person, named)
    walk.open_workspace(person, workspace)
    walk.open_item(person, named)
    notebook.opened(person)
    notebook.rename(person, person.words.renamed)
    notebook.stop_session(person)
    person.shot("session-stopped")
    walk.open_workspace(person, workspace)
    expect(person.page.get_by_role("link", name=person.words.renamed, exact=True)).to_be_visible()
    person.shot("workspace-in-the-end")
    walk.remove_workspace(person, workspace)
    with site.client() as client:
        left = [one["name"] for one in client.get("/api/v1/workspaces").json()["workspaces"]]
    assert workspace not in left
    assert "default" in left


def look_at_results(person: Person) -> None:
    """Two runs were found, and the last cell drew a chart."""
    last: Locator = person.page.locator(".jp-Notebook .jp-CodeCell").last
    last.scroll_into_view_if_needed()
    picture = notebook.output(last).locator("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 300
    person.shot("chart-in-notebook")
    expect(person.page.get_by_text(person.words.saved).first).to_be_visible(timeout=30_000)


def explore(person: Person) -> None:
    walk.open_item(person, "experiment-diabetes")
    chart = walk.compare(person)
    person.shot("comparison-by-estimator")
    assert walk.bars(chart, walk.MAE) == pytest.approx(expected()[walk.MAE], rel=0.01)
    pane = person.page.get_by_role("region", name=person.words.comparison)
    other = pane.get_by_role("article").filter(has=person.page.get_by_role("heading", name=walk.R2))
    scores = sorted(walk.bars(other, walk.R2).values())
    assert scores == pytest.approx(sorted(expected()[walk.R2].values()), rel=0.01)
    person.page.reload()  # the address holds the picture
    walk.by_estimator(chart)
    assert walk.bars(chart, walk.MAE).keys() == expected()[walk.MAE].keys()


def look_at_version(person: Person, named: str) -> None:
    """The version names its run, its experiment and its notebook, and each name leads there."""
    page = person.page
    main = page.get_by_role("main")
    expect(main.get_by_role("link", name="experiment-diabetes").first).to_be_visible()
    expect(main.get_by_role("link", name=named).first).to_be_visible()
    person.shot("model-version")
    version = page.url
    run = main.get_by_role("link", name=re.compile(r"^\w+-\w+-\d+$")).first
    run.click()
    expect(page.get_by_role("complementary", name=person.words.save_as_model)).to_be_visible()
    expect(page.get_by_role("link", name="model-diabetes").first).to_be_visible()
    expect(page.get_by_role("main").get_by_role("link", name=named).first).to_be_visible()
    person.shot("run-linked-to-version")
    page.goto(version)
