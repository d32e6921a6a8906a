"""The tutorial's steps on the pages around the notebook, one function a step, as a person takes them."""

from __future__ import annotations

import re
from urllib.parse import unquote

from playwright.sync_api import Locator, expect

from e2e.browser import Person

MAE, R2 = "training_mean_absolute_error", "training_r2_score"


def make_workspace(person: Person, name: str) -> None:
    """Ends in the new, empty workspace."""
    page, words = person.page, person.words
    page.get_by_role("navigation").get_by_role("button", name=words.workspaces).first.click()
    person.shot("workspaces-flyout")
    page.get_by_role("dialog").get_by_role("button", name=words.new_workspace).click()
    panel = page.get_by_role("dialog")
    panel.get_by_label(words.name).fill(name)
    panel.get_by_label(words.description).fill("442 patients, two models")
    expect(panel.get_by_text(words.this_machine).first).to_be_visible()
    person.shot("new-workspace")
    panel.get_by_role("button", name=words.create).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_text(words.nothing_here)).to_be_visible()
    person.shot("empty-workspace")


def make_notebook(person: Person, name: str) -> None:
    """Create > Data Science > Notebook; ends in the new notebook."""
    page, words = person.page, person.words
    page.get_by_role("navigation").get_by_role("link", name=words.create).first.click()
    expect(page.get_by_role("heading", name=words.data_science)).to_be_visible()
    person.shot("create")
    page.get_by_role("button", name=re.compile(f"^{words.notebook}")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(words.name).fill(name)
    dialog.get_by_role("button", name=words.create).click()


def open_workspace(person: Person, name: str) -> None:
    """The current workspace, from the rail."""
    person.page.get_by_role("navigation").get_by_role("link", name=re.compile(re.escape(name))).first.click()
    expect(person.page.get_by_role("heading", name=name)).to_be_visible()


def open_item(person: Person, name: str) -> None:
    person.page.get_by_role("link", name=name, exact=True).click()


def compare(person: Person) -> Locator:
    """Ticks both runs; the mean absolute error's chart as it is edited: bars by estimator."""
    page, words = person.page, person.words
    page.get_by_role("tab", name=words.run_list).click()
    boxes = page.get_by_role("row").get_by_role("checkbox")
    expect(boxes).to_have_count(3)  # the heading's and one for each run
    person.shot("run-list")
    boxes.nth(1).click()
    boxes.nth(2).click()
    pane = page.get_by_role("region", name=words.comparison)
    chart = pane.get_by_role("article").filter(has=page.get_by_role("heading", name=MAE))
    expect(chart).to_be_visible()
    person.shot("comparison-by-run-name")
    chart.get_by_role("button", name=re.compile(words.edit_chart)).first.click()
    panel = page.get_by_role("dialog")
    choose(person, panel.get_by_label(words.chart_type), words.bar)
    choose(person, panel.get_by_label(words.x_axis), "estimator")
    person.shot("edit-chart")
    panel.get_by_role("button", name=words.replace).click()
    expect(panel).to_be_hidden()
    by_estimator(chart)
    return chart


def by_estimator(chart: Locator) -> None:
    """Wait until the chart shows estimators in place of runs."""
    expect(chart.locator("tbody")).to_contain_text("LinearRegression")


def choose(person: Person, box: Locator, option: str) -> None:
    box.click()
    person.page.get_by_role("option", name=option, exact=True).first.click()


def bars(chart: Locator, metric: str) -> dict[str, float]:
    """The numbers that a chart shows, from the table it gives to those who cannot see it."""
    chart.locator("tbody tr").first.wait_for(state="attached")
    column = chart.locator("thead th").all_text_contents().index(metric)
    rows = [row.locator("td").all_text_contents() for row in chart.locator("tbody tr").all()]
    return {cells[0]: float(cells[column].replace(",", "")) for cells in rows}


def best_run(person: Person) -> None:
    """Run details, sorted by the training R2, the first run."""
    page, words = person.page, person.words
    page.get_by_role("tab", name=words.run_details).click()
    runs = page.get_by_role("listbox").get_by_role("option")
    expect(runs).to_have_count(2)
    runs.filter(has_text="DecisionTreeRegressor").click()
    expect(page.get_by_role("complementary", name=words.save_as_model)).to_be_visible()
    person.shot("run-details")


def save_model(person: Person, name: str) -> None:
    """Ends on the new version's page."""
    page, words = person.page, person.words
    box = page.get_by_role("complementary", name=words.save_as_model)
    box.get_by_role("button", name=words.save).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=words.new_model).check()
    dialog.get_by_role("treeitem", name=re.compile(rf"^{words.model_folder}")).first.click()
    dialog.get_by_role("textbox", name=words.model_name).fill(name)
    person.shot("save-as-model")
    dialog.get_by_role("button", name=words.save).click()
    link = page.get_by_role("button", name=words.view_model)
    link.hover()  # under the pointer a notice stays
    person.shot("model-saved")
    link.click()
    expect(page).to_have_url(re.compile(r"/models/.+version=1"))
    assert name in unquote(page.url)


def remove_workspace(person: Person, name: str) -> None:
    """... > Workspace settings > General > Remove this workspace; ends at Home."""
    page, words = person.page, person.words
    page.get_by_role("main").get_by_role("button", name=words.more).first.click()
    page.get_by_role("menuitem", name=words.workspace_settings).click()
    panel = page.get_by_role("dialog")
    expect(panel.get_by_text(words.general).first).to_be_visible()
    person.shot("workspace-settings")
    panel.get_by_role("button", name=words.remove).click()
    question = page.get_by_role("alertdialog")
    confirm = question.get_by_role("button", name=words.remove)
    expect(confirm).to_be_disabled()
    question.get_by_role("textbox").fill(name)
    person.shot("remove-workspace")
    confirm.click()
    expect(page).to_have_url(re.compile(r"/$"), timeout=60_000)
    expect(page.get_by_text(re.compile(words.removed)).first).to_be_visible()
    person.shot("workspace-removed")
