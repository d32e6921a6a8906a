"""What people display: one notebook with each library, checked by what is on the page and what reaches the kernel."""

from __future__ import annotations

import re

from playwright.sync_api import FrameLocator, Locator, Request, Route, expect

from e2e import notebook
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.test_notebook_outputs import Place, made, state, until
from running import Handloom

SLIDER = """import ipywidgets as w
from IPython.display import display as show
slider, shown = w.IntSlider(value=3, description="n"), w.Output()
def changed(change):
    with shown:
        print("now", change.new)
slider.observe(changed, "value")
show(slider, shown)"""
INTERACT = """@w.interact(times=(0, 10))
def repeat(times=2):
    print("ab" * times)"""
TQDM = """from tqdm.auto import tqdm
for n in tqdm(range(20), desc="steps"):
    pass"""
CLOSED = """from tqdm.notebook import tqdm as bar
for _ in bar(range(2), desc="outer"):
    for _ in bar(range(3), desc="inner", leave=False):
        pass"""
PLOTLY = """import plotly.express as px
px.scatter(px.data.iris(), x="sepal_width", y="sepal_length", color="species")"""
ALTAIR = """import altair as alt, pandas as pd
alt.Chart(pd.DataFrame({"a": list("ABC"), "b": [28, 55, 43]})).mark_bar().encode(x="a", y="b")"""
BOKEH = """from bokeh.plotting import figure, show as show_plot, output_notebook
output_notebook()
plot = figure(width=400, height=200)
plot.line([1, 2, 3], [4, 6, 5])
show_plot(plot)"""
SCRIPT = """from IPython.display import HTML, JSON, SVG, Audio, Javascript, Latex
HTML("<p id=x>before</p><script>document.getElementById('x').textContent = 'script ran ' + 6 * 7</script>")"""
HANDLER = """displayHTML("<p onclick=\\"this.textContent = 'clicked'\\">click me</p>")"""
FOLIUM = """import folium
folium.Map(location=[37.5, 127], zoom_start=10)"""
TREE = 'JSON({"a": [1, {"b": None}], "한국어": True})'
FORMULA = r'Latex(r"$$\int_0^1 x^2\,dx = \frac13$$")'
PICTURE = (
    """SVG("<svg xmlns='http://www.w3.org/2000/svg' width='90' height='60'><circle cx='40' cy='30' r='25'/></svg>")"""
)
SOUND = """import numpy as np
Audio(np.sin(np.linspace(0, 3000, 8000)), rate=8000)"""
STYLED = 'pd.DataFrame({"a": [1, -2]}).style.background_gradient().format("{:.2f}")'
JAVASCRIPT = "Javascript(\"element.append('from a script')\")"
ANYWIDGET = '''import anywidget, traitlets
class Counter(anywidget.AnyWidget):
    _esm = """export default { render({ model, el }) {
      const button = document.createElement("button");
      const draw = () => { button.textContent = "count " + model.get("value"); };
      button.onclick = () => { model.set("value", model.get("value") + 1); model.save_changes(); };
      model.on("change:value", draw); draw(); el.append(button);
    } };"""
    value = traitlets.Int(0).tag(sync=True)
counter = Counter()
counter'''
FOREIGN = """class Odd(w.DOMWidget):
    _view_name = traitlets.Unicode("OddView").tag(sync=True)
    _model_name = traitlets.Unicode("OddModel").tag(sync=True)
    _view_module = _model_module = traitlets.Unicode("odd-widgets").tag(sync=True)
Odd()"""
ANIMATION = """import matplotlib.pyplot as plt
from matplotlib.animation import FuncAnimation
drawing, axes = plt.subplots(figsize=(3, 2))
(line,) = axes.plot([0, 1], [0, 1])
film = FuncAnimation(drawing, lambda n: line.set_ydata([0, n]), frames=5)
plt.close(drawing)
HTML(film.to_jshtml())"""
BROKEN = 'HTML("<script>/*" + "long " * 8_000 + "*/ throw new Error(\'own mistake\')</script>")'
CELLS = [
    SLIDER,
    INTERACT,
    TQDM,
    CLOSED,
    PLOTLY,
    ALTAIR,
    BOKEH,
    SCRIPT,
    HANDLER,
    FOLIUM,
    TREE,
    FORMULA,
    PICTURE,
    SOUND,
    STYLED,
]
CELLS += [JAVASCRIPT, ANYWIDGET, FOREIGN, ANIMATION, BROKEN]
HEAVY = re.compile(r"/assets/(plotly|vega|kernelWidgets)[^/]*\.js")


class Gallery:
    """The notebook on the page."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def cell(self, source: str) -> Locator:
        cell = notebook.cells(self.person).nth(CELLS.index(source))
        cell.scroll_into_view_if_needed()
        return cell

    def frame(self, source: str) -> FrameLocator:
        """Keeps the cell in view, as a reader does while the outputs above it grow, until its frame is built."""
        until(self.person.page, lambda: self.cell(source).locator(".handloom-output-frame").count())
        return self.cell(source).frame_locator(".handloom-output-frame")

    def slide(self) -> None:
        handle = self.cell(SLIDER).locator(".noUi-handle")
        handle.focus()
        handle.press("ArrowRight")


def run_everything(person: Person, place: Place) -> Gallery:
    person.go(place.path)
    notebook.opened(person)
    person.page.get_by_role("button", name=person.words.run_all).first.click()
    for cell in notebook.cells(person).all():
        state(cell, "ok")
    return Gallery(person)


def test_each_library_shows_its_output_or_says_why_not(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, *CELLS)
    page = person.page
    asked: list[str] = []
    page.on("request", lambda request: note_heavy(asked, request))
    person.go(place.path)
    notebook.opened(person)
    assert asked == []  # the libraries of charts and widgets come with the first output that needs them
    gallery = run_everything(person, place)
    widgets(gallery)
    charts(gallery)
    pages_with_scripts(gallery)
    media(gallery)
    person.shot("light")
    assert set(asked) == {"plotly", "vega", "kernelWidgets"}
    after_a_reload(gallery)
    person.complaints[:] = [one for one in person.complaints if "own mistake" not in one]


def note_heavy(asked: list[str], request: Request) -> None:
    if found := HEAVY.search(request.url):
        asked.append(found.group(1))


def widgets(gallery: Gallery) -> None:
    gallery.slide()
    expect(gallery.cell(SLIDER)).to_contain_text("now 4")
    expect(gallery.cell(INTERACT)).to_contain_text("abab")
    expect(gallery.cell(TQDM)).to_contain_text(re.compile(r"steps:\s*100%"))
    expect(gallery.cell(TQDM)).to_contain_text("20/20")
    closed(gallery)
    button = gallery.frame(ANYWIDGET).get_by_role("button", name="count 0")
    button.click()
    expect(gallery.frame(ANYWIDGET).get_by_role("button", name="count 1")).to_be_visible()
    expect(gallery.cell(FOREIGN)).to_contain_text("odd-widgets")
    gallery.person.shot("widgets")


def closed(gallery: Gallery) -> None:
    """A bar that is taken away when it is done leaves nothing behind."""
    expect(gallery.cell(CLOSED)).to_contain_text("outer: 100%")
    expect(gallery.cell(CLOSED)).not_to_contain_text("0/3")
    expect(gallery.cell(CLOSED)).not_to_contain_text("session that has ended")


def charts(gallery: Gallery) -> None:
    expect(gallery.cell(PLOTLY).locator(".scatterlayer .point")).to_have_count(150)
    expect(gallery.cell(ALTAIR).locator("svg .mark-rect path")).to_have_count(3)
    plot = gallery.cell(BOKEH).locator(".handloom-script-output").last
    plot.scroll_into_view_if_needed()
    expect(plot.frame_locator("iframe").locator("canvas").first).to_be_visible()
    gallery.person.shot("charts")


def pages_with_scripts(gallery: Gallery) -> None:
    expect(gallery.frame(SCRIPT).get_by_text("script ran 42")).to_be_visible()
    gallery.frame(HANDLER).get_by_text("click me").click()
    expect(gallery.frame(HANDLER).get_by_text("clicked")).to_be_visible()
    cell = gallery.cell(FOLIUM)
    expect(cell).to_contain_text("cdn.jsdelivr.net")
    expect(cell.get_by_role("button", name="Allow the network")).to_be_visible()
    expect(gallery.frame(JAVASCRIPT).get_by_text("from a script")).to_be_visible()
    expect(gallery.frame(STYLED).locator("td").first).to_have_css("background-color", "rgb(2, 56, 88)")
    expect(gallery.cell(BROKEN)).to_contain_text("own mistake")
    expect(gallery.cell(SCRIPT)).not_to_contain_text("own mistake")
    play_animation(gallery)


def play_animation(gallery: Gallery) -> None:
    """Matplotlib's animation has its buttons without the network."""
    frame, cell = gallery.frame(ANIMATION), gallery.cell(ANIMATION)
    slider = frame.get_by_role("slider")
    expect(slider).to_have_value("0")
    frame.get_by_role("button").nth(6).click()
    expect(slider).to_have_value("1")
    assert "›" in frame.locator(".fa-step-forward").evaluate("one => getComputedStyle(one, '::before').content")
    expect(cell.get_by_role("button", name="Allow the network")).to_have_count(0)


def media(gallery: Gallery) -> None:
    tree = gallery.cell(TREE)
    tree.locator("summary", has_text="a: ").click()
    expect(tree).to_contain_text("1")
    expect(tree).to_contain_text("한국어: true")
    expect(gallery.cell(FORMULA).locator("mjx-container")).to_be_visible()
    width = (
        gallery.cell(PICTURE).locator("img").evaluate("async (one) => { await one.decode(); return one.naturalWidth; }")
    )
    assert width == 90
    sound = gallery.cell(SOUND).locator("audio")
    until(gallery.person.page, lambda: sound.evaluate("one => one.duration") == 1)


DROPDOWN = "import ipywidgets as w\nw.Dropdown(options=['gini'], description='n')"
BLACK_INK = 'displayHTML("<script>1</script><svg height=40><text y=20>drawn for paper</text></svg>")'
PLAIN = 'displayHTML("<script>1</script><p>plain</p>")'


def test_outputs_can_be_read_in_the_dark_theme(sit: Sit, site: Handloom) -> None:
    person, place = sit(dark=True), made(site, DROPDOWN, BLACK_INK, PLAIN)
    run_everything(person, place)
    dropdown, black, plain = notebook.cells(person).all()
    label = dropdown.locator(".widget-label")
    expect(label).to_have_text("n")
    light = label.evaluate("one => getComputedStyle(one).color.match(/\\d+/g).every(part => Number(part) > 128)")
    assert light
    assert "d6d6d6" in dropdown.locator("select").evaluate("one => getComputedStyle(one).backgroundImage")
    for cell, ground in ((black, "rgb(255, 255, 255)"), (plain, "rgba(0, 0, 0, 0)")):
        cell.scroll_into_view_if_needed()
        frame = cell.frame_locator(".handloom-output-frame")
        expect(frame.locator("p, text").first).to_be_visible()
        expect(frame.locator("html")).to_have_css("background-color", ground)
    person.page.set_viewport_size({"width": 768, "height": 900})
    person.page.wait_for_timeout(500)
    expect(person.page.locator(".handloom-output-note")).to_have_count(0)  # nothing has failed by being resized


def after_a_reload(gallery: Gallery) -> None:
    """The widgets are those of the session, which goes on."""
    page = gallery.person.page
    expect(page.get_by_text("Saved").first).to_be_visible(timeout=30_000)
    page.reload()
    notebook.opened(gallery.person)
    gallery.slide()
    expect(gallery.cell(SLIDER)).to_contain_text("now 5")
    closed(gallery)
    expect(gallery.frame(ANYWIDGET).get_by_role("button", name="count 1")).to_be_visible()


def test_the_network_is_a_choice_for_one_notebook_in_one_browser(sit: Sit, site: Handloom) -> None:
    source = "displayHTML('<p id=p>waiting</p><script src=\"https://cdn.example/lib.js\"></script>')"
    person, place = sit(), made(site, source)
    page = person.page
    page.route("https://cdn.example/**", answer_script)
    run_everything(person, place)
    cell = notebook.cells(person).first
    frame = cell.frame_locator(".handloom-output-frame")
    expect(frame.get_by_text("waiting")).to_be_visible()
    cell.get_by_role("button", name="Allow the network").click()
    expect(frame.get_by_text("loaded from elsewhere")).to_be_visible()
    page.get_by_role("button", name=person.words.settings, exact=True).click()
    switch = page.get_by_role("switch", name="Network for scripts of outputs")
    expect(switch).to_be_checked()
    person.shot("network-allowed")
    switch.click()
    expect(frame.get_by_text("waiting")).to_be_visible()
    person.complaints[:] = [one for one in person.complaints if "cdn.example" not in one]


def answer_script(route: Route) -> None:
    script = "document.getElementById('p').textContent = 'loaded from elsewhere'"
    route.fulfill(content_type="text/javascript", body=script)


TALL = "for n in range(300):\n    print('row', n)"
FAILS = "import pandas as pd\npd.DataFrame({'a': [1]})['missing']"
FONTS = """import matplotlib.pyplot as plt, os
os.makedirs("Files", exist_ok=True)
plt.figure(figsize=(3, 1)).suptitle('한국어 日本語')
plt.savefig("Files/x.png")"""
BESIDE = """from IPython.display import HTML, Markdown
display(Markdown("![one](Files/x.png)"), HTML("<img src='Files/x.png' alt='two'>"))
HTML("<style>img { width: 120px }</style><img src='Files/x.png' alt='three'>")"""


def test_long_outputs_are_kept_short_and_files_beside_the_notebook_shown(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, TALL, FONTS, BESIDE, FAILS)
    page = person.page
    run_everything_but_the_last(person, place)
    cells = notebook.cells(person)
    cells.first.scroll_into_view_if_needed()
    area = cells.first.locator(".jp-Cell-outputArea")
    until(page, lambda: height(area) < 700)
    person.shot("tall-kept-short")
    button = cells.first.get_by_role("button", name="Show all of this output")
    button.focus()
    page.keyboard.press("Enter")
    until(page, lambda: height(area) > 3_000)
    beside = cells.nth(2)
    beside.scroll_into_view_if_needed()
    frame = beside.frame_locator(".handloom-output-frame")
    for picture in (beside.get_by_alt_text("one"), beside.get_by_alt_text("two"), frame.get_by_alt_text("three")):
        expect(picture).to_be_visible()
        assert picture.evaluate("async (one) => { await one.decode(); return one.naturalWidth; }") == 300
    failed = cells.nth(3)
    failed.scroll_into_view_if_needed()
    expect(failed.get_by_text("KeyError: 'missing'").last).to_be_visible()
    expect(failed.get_by_text("/pandas/core/frame.py").first).not_to_be_visible()
    expect(failed.locator(".handloom-failed-line")).to_have_text("pd.DataFrame({'a': [1]})['missing']")
    person.shot("traceback-folded")
    failed.locator("summary").last.click()
    expect(failed.get_by_text("/pandas/core/frame.py").first).to_be_visible()


def run_everything_but_the_last(person: Person, place: Place) -> None:
    person.go(place.path)
    notebook.opened(person)
    person.page.get_by_role("button", name=person.words.run_all).first.click()
    cells = notebook.cells(person).all()
    for cell in cells[:-1]:
        state(cell, "ok")
    state(cells[-1], "error")


def height(area: Locator) -> float:
    box = area.bounding_box()
    return box["height"] if box else 0
