"""A kernel's outputs while pages connect, disconnect and read slowly, with a real Jupyter child and real kernels."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handloom.kernels.executions import HEAD
from handloom.kernels.sessions import SessionRegistry
from kernels.pages import Page, box_here
from kernels.stories import Notebook, Story

GATED = (
    "import os, time\nfor n in range(40):\n    print('tick', n)\n"
    "    while n == 20 and not os.path.exists('{gate}'): time.sleep(0.05)"
)
TICKS = "import time\nfor n in range({n}):\n    print('tick', n)\n    time.sleep(0.05)"


def _ticks(n: int) -> str:
    return "".join(f"tick {k}\n" for k in range(n))


def _prompts(page: Page) -> list[str]:
    return [message["content"]["prompt"] for message in page.messages if message["type"] == "input_request"]


def test_a_reloaded_page_is_sent_everything_and_goes_on_live(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", GATED.format(gate=notebook.gate.name))
        await page.run("c1", "'second'")
        await page.until(lambda: "tick 5\n" in page.text("c0"))
        await page.close()
        again = await notebook.page()
        assert again.state("c0") == "running"
        assert again.state("c1") == "queued"
        assert any(m["type"] == "status" and m["content"] == {"execution_state": "busy"} for m in again.messages[-3:])
        notebook.gate.touch()
        await again.until(lambda: again.state("c1") == "ok")
        assert again.text("c0") == _ticks(40)
        assert again.outputs("c1")[0]["data"] == {"text/plain": "'second'"}

    play(story)


def test_a_broken_connection_that_comes_back_misses_nothing(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", GATED.format(gate=notebook.gate.name))
        await page.run("c1", "print('second')")
        await page.until(lambda: "tick 5\n" in page.text("c0"))
        await page.cut()
        await asyncio.sleep(3)
        back = await notebook.page(page.session_id)
        notebook.gate.touch()
        await back.until(lambda: back.state("c1") == "ok")
        assert back.text("c0") == _ticks(40)
        assert back.text("c1") == "second\n"
        assert sum(m["type"] == "execute_reply" for m in back.messages) == 2  # the page's own requests end

    play(story)


def test_two_pages_see_the_same_live(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        one, two = await notebook.page(), await notebook.page()
        await one.run("c0", "print('one')")
        await two.until(lambda: two.state("c0") == "ok")
        await two.run("c1", "1/0")
        await one.until(lambda: one.state("c1") == "error")
        assert two.text("c0") == one.text("c0") == "one\n"
        assert [m["ename"] for m in one.outputs("c1")] == ["ZeroDivisionError"]

    play(story)


def test_when_nobody_comes_back_the_file_has_the_outputs_and_stays_trusted(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", TICKS.format(n=10))
        await page.run("c1", "from IPython.display import HTML; HTML('<b>bold</b>')")
        await page.run("c2", "raise KeyError('no')")
        await page.close()
        await notebook.until_saved(lambda: notebook.saved_state("c2") == "error")
        assert notebook.saved_text("c0") == _ticks(10)
        assert (notebook.cell("c0")["execution_count"], notebook.saved_state("c0")) == (1, "ok")
        assert notebook.cell("c0")["metadata"]["handloom"]["by"] == "Me"
        assert notebook.cell("c1")["outputs"][0]["data"]["text/html"] == ["<b>bold</b>"]
        model = await notebook.sessions.jupyter.ask("GET", f"/api/contents/w1/{notebook.name}.ipynb")
        assert [cell["metadata"]["trusted"] for cell in model["content"]["cells"]] == [True, True, True]
        later = await notebook.page()
        assert later.state("c0") == ""  # the file holds it: nothing is sent again

    play(story)


def test_all_messages_come_from_one_session_so_that_a_slow_page_cancels_none(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", TICKS.format(n=30))
        await page.until(lambda: page.outputs("c0"))
        later = await notebook.page()
        await later.until(lambda: later.state("c0") == "ok")
        kinds = {message["type"] for message in later.messages}
        assert {"handloom_attached", "handloom_execution", "execute_input", "stream", "execute_reply"} <= kinds
        assert len({message["session"] for message in later.messages}) == 1

    play(story)


def test_an_answer_is_asked_for_again_and_taken_once(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", "name = input('Who? '); print('Hello', name); print(input('Again? '))")
        await page.until(lambda: _prompts(page))
        await page.close()
        await asyncio.sleep(0.5)
        one, two = await notebook.page(), await notebook.page()
        await one.until(lambda: _prompts(one))
        await two.until(lambda: _prompts(two))
        await one.ask("input_reply", {"value": "세종", "status": "ok"}, channel="stdin")
        await one.until(lambda: "Hello 세종" in one.text("c0"))
        await two.until(lambda: _prompts(two)[-1] == "Again? ")
        await two.ask("input_reply", {"value": "yes", "status": "ok"}, channel="stdin")
        await one.ask("input_reply", {"value": "stray", "status": "ok"}, channel="stdin")
        await one.until(lambda: one.state("c0") == "ok")
        await one.run("c1", "print(input('Last? '))")
        await one.until(lambda: "Last? " in _prompts(one))
        await one.ask("input_reply", {"value": "mine", "status": "ok"}, channel="stdin")
        await one.until(lambda: one.state("c1") == "ok")
        assert one.text("c1").endswith("mine\n")  # the stray answer reached nobody
        assert "Who?  세종\nHello 세종\n" in two.text("c0")

    play(story)


def test_the_console_is_followed_like_cells_and_never_in_the_file(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        content = {"code": "x = 5\nprint('typed')\nx", "silent": False, "store_history": True, "stop_on_error": True}
        await page.ask("execute_request", content, {"console": "console-1"})
        await page.until(lambda: page.state("console-1") == "ok")
        await page.run("c0", "print(x)")
        await page.until(lambda: page.state("c0") == "ok")
        records = [m["content"]["records"] for m in page.messages if m["type"] == "handloom_cells"]
        assert [record["cell"] for told in records for record in told] == ["", "c0"]  # of no cell, for stale cells
        await page.close()
        await notebook.until_saved(lambda: notebook.saved_text("c0") == "5\n")
        assert "typed" not in notebook.file.read_text()
        again = await notebook.page()
        assert again.text("console-1") == "typed\n"
        told = [m["content"] for m in again.messages if m["content"].get("cell") == "console-1"]
        assert (told[-1]["state"], told[-1]["code"]) == ("ok", content["code"])

    play(story)


def test_200000_lines_are_cheap_for_the_page_and_whole_in_the_download(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", "for n in range(200_000): print('line', n)")
        await page.until(lambda: page.state("c0") == "ok", seconds=100)
        assert page.bytes < 2_000_000
        assert HEAD - 3_000 < len(page.text("c0")) <= HEAD
        facts = page.truncated("c0")
        assert facts["lines"] == 200_000
        assert facts["tail"].endswith("line 199999\n")
        path = f"/jupyter/api/kernels/{notebook.session.kernel}/outputs/{facts['id']}"
        reply = await notebook.sessions.jupyter.send("GET", path, [], b"")
        lines = (await reply.aread()).decode().splitlines()
        assert lines == [f"line {n}" for n in range(200_000)]
        assert reply.headers["content-disposition"].startswith("attachment")

    play(story)


def test_one_string_of_200_megabytes_is_a_first_part_and_a_download(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", "print('x' * 200_000_000)")
        await page.until(lambda: page.state("c0") == "ok", seconds=100)
        assert page.bytes < 1_000_000
        assert page.truncated("c0")["characters"] == 200_000_001
        assert page.truncated("c0")["complete"]
        assert set(page.text("c0")) == {"x"}  # no words of the kernel about its own trouble

    play(story)


@pytest.mark.parametrize(
    ("code", "kind", "whole", "name"),
    [
        ("'x' * 1_000_000", "text/plain", "'" + "x" * 1_000_000 + "'", "output.txt"),
        ("show(HTML('<p>' + 'x' * 65 * 2**20))", "text/html", "<p>" + "x" * 65 * 2**20, "output.html"),
        (
            "show({'application/json': ['é' * 17_000_000] * 2}, raw=True)",
            "application/json",
            json.dumps(["é" * 17_000_000] * 2, ensure_ascii=False),
            "output.json",
        ),
    ],
)
def test_a_display_too_large_for_a_page_is_its_ends_and_a_download(
    play: Callable[[Story], None], code: str, kind: str, whole: str, name: str
) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", f"from IPython.display import HTML, display as show\n{code}")
        await page.until(lambda: page.state("c0") == "ok", seconds=100)
        facts = page.truncated("c0")
        assert page.bytes < 1_000_000
        assert (facts["kind"], facts["characters"], facts["complete"]) == (kind, len(whole), True)
        assert facts["head"] == whole[: len(facts["head"])]
        assert facts["tail"] == whole[-len(facts["tail"]) :]
        path = f"/jupyter/api/kernels/{notebook.session.kernel}/outputs/{facts['id']}"
        reply = await notebook.sessions.jupyter.send("GET", path, [], b"")
        assert await reply.aread() == whole.encode()
        assert name in reply.headers["content-disposition"]
        await page.close()
        again = await notebook.page()
        assert again.truncated("c0") == facts
        assert notebook.file.stat().st_size < 1_000_000

    play(story)


def test_the_long_message_of_an_error_is_shortened(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", "raise ValueError('x' * 5_000_000)")
        await page.until(lambda: page.state("c0") == "error")
        (error,) = page.outputs("c0")
        assert "characters are left out here" in error["evalue"]
        assert page.bytes < 2_000_000

    play(story)


def test_an_interrupted_endless_loop_ends_for_the_page_and_the_next_cell_runs(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", "try:\n    while True: print('again and again')\nfinally: print('last words')")
        await page.run("c1", "print('never')")
        await page.until(lambda: page.truncated("c0").get("lines", 0) > 100_000)
        await notebook.sessions.interrupt(notebook.session.id)
        await page.until(lambda: page.state("c1") == "cancelled")
        assert (page.state("c0"), page.truncated("c0")["tail"][-11:]) == ("cancelled", "last words\n")
        await page.run("c2", "print('after')")
        await page.until(lambda: page.state("c2") == "ok")
        assert page.text("c2") == "after\n"

    play(story)


UPDATES = """from IPython.display import display as show
handle = show(0, display_id=True)
for n in range(20_000):
    handle.update(n)"""


def test_many_updates_of_a_display_are_merged_and_the_last_is_shown(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", UPDATES)
        await page.until(lambda: page.state("c0") == "ok")
        updates = [one["content"]["data"] for one in page.messages if one["type"] == "update_display_data"]
        assert len(updates) < 2_000
        assert updates[-1] == {"text/plain": "19999"}

    play(story)


CLEARS = """from IPython.display import HTML, clear_output, display as show
for n in range(5_000):
    clear_output(wait=True)
    print("step", n)
    show(HTML(f"<b>{n}</b>"))"""


def test_outputs_cleared_in_a_loop_are_merged_and_the_last_are_shown(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", CLEARS)
        await page.until(lambda: page.state("c0") == "ok")
        kinds = [one["type"] for one in page.messages]
        assert kinds.count("clear_output") < 500
        text, shown = page.outputs("c0")
        assert text["text"] == "step 4999\n"
        assert shown["data"]["text/html"] == "<b>4999</b>"

    play(story)


STOPPED = """import os, signal, threading
print('x' * 150_000_000)
threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()"""


def test_an_interrupt_while_the_last_text_is_sent_ends_the_cell_and_those_behind(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", STOPPED)
        await page.run("c1", "print('not run')")
        await page.until(lambda: [page.state("c0"), page.state("c1")] == ["cancelled", "cancelled"])
        replies = [one["content"] for one in page.messages if one["type"] == "execute_reply"]
        assert [(one["status"], one.get("ename")) for one in replies] == [
            ("error", "KeyboardInterrupt"),
            ("aborted", None),
        ]
        assert page.truncated("c0")["characters"] < 150_000_000  # what was not sent yet is left out
        await page.run("c2", "print('goes on')")
        await page.until(lambda: page.state("c2") == "ok")

    play(story)


BREAKS = """import IPython
kernel = IPython.get_ipython().kernel
def fail(*_):
    del kernel.finish_metadata
    raise RuntimeError
kernel.finish_metadata = fail"""


def test_a_cell_whose_reply_the_kernel_never_sends_ends_on_the_page(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", BREAKS)
        await page.until(lambda: page.state("c0") == "cancelled")
        await page.until(lambda: any(one["type"] == "execute_reply" for one in page.messages))
        assert [one["content"]["status"] for one in page.messages if one["type"] == "execute_reply"] == ["aborted"]

    play(story)


def test_4000_displays_end_and_the_first_1000_are_shown(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", "from IPython.display import display as show\nfor n in range(4_000): show(n)")
        await page.until(lambda: page.state("c0") == "ok", seconds=100)
        assert page.truncated("c0")["dropped_outputs"] == 3_000
        assert page.outputs("c0")[999]["data"] == {"text/plain": "999"}

    play(story)


def test_a_page_that_reads_slowly_is_not_closed_and_ends_with_everything(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        slow, quick = await notebook.page(), await notebook.page()
        slow.reading.clear()
        code = "from IPython.display import display as show, HTML\nfor n in range(60): show(HTML(str(n) * 200_000))"
        await quick.run("c0", code)
        await quick.until(lambda: quick.state("c0") == "ok")
        await quick.run("c1", "print('later')")
        await quick.until(lambda: quick.state("c1") == "ok")
        slow.reading.set()
        await slow.until(lambda: slow.state("c1") == "ok")
        await slow.until(lambda: len(slow.outputs("c0")) == 60 and slow.text("c1") == "later\n")
        assert [one["data"]["text/html"][:2] for one in slow.outputs("c0")[58:]] == ["58", "59"]

    play(story)


def test_a_dead_kernel_ends_what_ran_and_the_file_says_so(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", "import os, time\nprint('before', flush=True)\ntime.sleep(1)\nos._exit(1)")
        await page.run("c1", "print('never')")
        await page.until(lambda: page.text("c0") == "before\n")
        await page.close()
        await notebook.until_saved(lambda: notebook.saved_state("c1") == "lost")
        assert (notebook.saved_text("c0"), notebook.saved_state("c0")) == ("before\n", "lost")
        await notebook.sessions.restart(notebook.session.id)
        again = await notebook.page()
        await again.run("c0", "print('new')")
        await again.until(lambda: again.state("c0") == "ok")
        assert again.text("c0") == "new\n"

    play(story)


def test_a_restart_drops_what_waited_for_the_old_process(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", "import time; time.sleep(60)")
        await page.run("c1", "print('never')")
        await page.until(lambda: page.state("c0") == "running")
        await notebook.sessions.restart(notebook.session.id)
        await page.until(lambda: page.state("c1") == "cancelled")
        await page.run("c2", "print('c1' in globals(), 'fresh')")
        await page.until(lambda: page.state("c2") == "ok")
        assert page.text("c2") == "False fresh\n"
        assert page.text("c1") == ""

    play(story)


def test_what_a_page_saved_is_not_sent_again_and_what_it_edited_stays(play: Callable[[Story], None]) -> None:
    async def story(notebook: Notebook) -> None:
        page = await notebook.page()
        await page.run("c0", "print('shown')")
        await page.until(lambda: page.state("c0") == "ok")

        def edit(content: dict[str, Any]) -> None:
            content["cells"][0]["source"] = "edited"
            content["cells"][0]["outputs"] = []

        await notebook.put(edit)
        await page.close()
        later = await notebook.page()
        assert later.state("c0") == ""
        await later.run("c1", "print('more')")
        await later.close()
        await notebook.until_saved(lambda: notebook.saved_text("c1") == "more\n")
        assert notebook.cell("c0")["source"] == ["edited"]

    play(story)


def test_the_outputs_are_in_the_file_when_the_server_ends_in_the_middle(tmp_path: Path) -> None:
    async def whole() -> None:
        sessions = SessionRegistry(data=tmp_path, url="http://127.0.0.1:1", warm=0, box=box_here(tmp_path))
        notebook = Notebook(sessions, tmp_path, "N")
        await notebook.open()
        page = await notebook.page()
        await page.run("c0", TICKS.format(n=1000))
        await page.until(lambda: "tick 20\n" in page.text("c0"))
        await sessions.close()
        assert "tick 20\n" in notebook.saved_text("c0")
        assert notebook.saved_state("c0") == "lost"

    asyncio.run(whole())
