"""Widgets of a kernel: what pages that come later, and the file, have of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from handloom.domain.widget_states import STATES, VIEW
from kernels.stories import Notebook, Story

CLOSED = """import ipywidgets
from IPython.display import display as show
gone, kept = ipywidgets.Label("a"), ipywidgets.Label("b")
show(gone, kept)
gone.close()"""


def test_a_widget_that_its_code_closed_is_gone_for_later_pages_and_in_the_file(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", CLOSED)
        await page.until(lambda: page.state("c0") == "ok")
        later = await notebook.page()
        await later.until(lambda: later.state("c0") == "ok")
        assert [VIEW in output["data"] for output in later.outputs("c0")] == [False, True]
        await page.close()
        await later.close()
        await notebook.until_saved(lambda: notebook.saved_state("c0") == "ok")
        (output,) = notebook.cell("c0")["outputs"]
        assert VIEW in output["data"]

    play(story)


BAR = """import os, threading, time
from tqdm.notebook import tqdm
def work():
    for _ in tqdm(range(50), desc='steps'):
        time.sleep(0.01)
    while not os.path.exists('{gate}'): time.sleep(0.05)
    late.value = 'after the cell'
import ipywidgets
late, picture = ipywidgets.Label('before'), ipywidgets.Image(value=b'first')
picture.value = b'second'
show = ipywidgets.VBox([late, picture])
thread = threading.Thread(target=work)
thread.start()
show"""


def test_widgets_that_change_while_no_page_is_open_are_in_the_file_as_they_are(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", BAR.format(gate=notebook.gate.name))
        await page.close()

        def states() -> dict[str, Any]:
            metadata = json.loads(notebook.file.read_text())["metadata"]
            found: dict[str, Any] = metadata.get("widgets", {}).get(STATES, {}).get("state", {})
            return found

        def values(name: str) -> list[Any]:
            return [one["state"].get("value") for one in states().values() if one["model_name"] == name]

        await notebook.until_saved(lambda: values("FloatProgressModel") == [50.0])
        assert values("LabelModel") == ["before"]
        (picture,) = [one for one in states().values() if one["model_name"] == "ImageModel"]
        assert picture["buffers"] == [{"encoding": "base64", "path": ["value"], "data": "c2Vjb25k"}]
        shown = {output["data"][VIEW]["model_id"] for output in notebook.cell("c0")["outputs"]}
        assert shown < set(states())
        notebook.gate.touch()
        await notebook.until_saved(lambda: values("LabelModel") == ["after the cell"])
        later = await notebook.page()
        await later.run("c0", "1")
        await later.until(lambda: later.state("c0") == "ok")
        await later.close()
        await notebook.until_saved(lambda: not states())

    play(story)


VALUES = """import ipywidgets
from IPython.display import display as show
bar, other = ipywidgets.IntProgress(max=10_000), ipywidgets.Label("a")
show(bar, other)
for n in range(10_000):
    bar.value = n + 1
    other.value = str(n)"""


def test_values_of_widgets_set_in_a_loop_are_merged_and_the_last_arrive(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", VALUES)
        await page.until(lambda: page.state("c0") == "ok")
        updates = [one["content"] for one in page.messages if one["type"] == "comm_msg"]
        assert len(updates) < 2_000
        states: dict[str, dict[str, Any]] = {}
        for update in updates:
            states.setdefault(update["comm_id"], {}).update(update["data"]["state"])
        assert [state["value"] for state in states.values()] == [10_000, "9999"]

    play(story)


def test_a_page_that_reads_slowly_misses_no_value_of_a_widget(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        slow, quick = await notebook.page(), await notebook.page()
        await quick.run("c0", "import ipywidgets, time\nlabel = ipywidgets.Label('a')")
        await slow.until(lambda: slow.state("c0") == "ok")
        slow.reading.clear()
        flood = "from IPython.display import display, HTML\nfor n in range(60): display(HTML('x' * 1_000_000))\n"
        await quick.run(
            "c1", flood + "for n in range(50): label.value = str(n); time.sleep(0.01)\nlabel.value = 'last'"
        )
        await quick.until(lambda: quick.state("c1") == "ok")
        slow.reading.set()
        await slow.until(lambda: slow.state("c1") == "ok")
        values = [one["content"]["data"]["state"]["value"] for one in slow.messages if one["type"] == "comm_msg"]
        assert values[-1] == "last"

    play(story)
