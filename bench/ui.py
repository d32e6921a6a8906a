"""`make bench ARGS=ui`: pages with generated weight in a real browser, beside MLflow's own pages on the same data."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import quote

import httpx
from playwright.sync_api import Browser, Error, Locator, Page, sync_playwright

from bench import generate, pages, servers, table
from bench.servers import ROOT, Server

WORK = ROOT / "bench" / "work" / "ui"
KEYS = 400  # metrics and as many params: 800 columns
FULL = 200  # runs that have all of them; the others have `FEW` of each
FEW = 10
SHAPE = generate.Shape(metrics=FEW, params=FEW, full=FULL, keys=KEYS)
IDLE = 5.0  # seconds in which a page that nobody touches is watched
CALM = 2.0  # seconds without a request after which a page counts as loaded
AT_ONCE = 900  # values of one log-batch
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much of everything; the default is what the figures are published for."""

    runs: int
    metrics: int
    files: int
    curves: int
    points: int
    children: int

    @staticmethod
    def of(scale: float) -> Sizes:
        def part(most: int, least: int) -> int:
            return max(least, round(most * scale))

        return Sizes(
            runs=part(10_000, 100),
            metrics=part(5_000, 50),
            files=part(5_000, 50),
            curves=part(100, 5),
            points=part(100_000, 1_000),
            children=max(2, round(10 * scale ** (1 / 3))),
        )

    def named(self, view: View) -> str:
        """What the view shows, with the numbers."""
        nested = self.children + self.children**2 + self.children**3
        return view.name.format(**asdict(self), nested=nested)


@dataclass(frozen=True, kw_only=True)
class Data:
    """Ids of what was logged."""

    workspace: str
    wide: str
    deep: str
    deep_run: str
    files: str
    files_run: str
    curves: str
    curve_runs: list[str]
    nested: str


@dataclass(frozen=True, kw_only=True)
class View:
    """A page: where it is on each server, and what is there once the person sees what they came for."""

    name: str
    ours: Callable[[Data], str]
    ours_shown: Callable[[Page], Locator]
    theirs: Callable[[Data], str]
    theirs_shown: Callable[[Page], Locator]


def _experiment(data: Data, experiment: str, query: str = "") -> str:
    return f"/workspaces/{data.workspace}/experiments/{experiment}?{query}"


def _columns() -> str:
    names = [f"metrics.m{k}" for k in range(KEYS)] + [f"params.p{k}" for k in range(KEYS)]
    return quote(",".join(names))


def _peer_run(experiment: str, run: str, tab: str = "") -> str:
    return f"/#/experiments/{experiment}/runs/{run}{tab}"


def _drawn(page: Page) -> Locator:
    return page.locator(".js-plotly-plot .main-svg")


VIEWS = [
    View(
        name="run list: {runs:,} runs, 800 columns",
        ours=lambda d: _experiment(d, d.wide, f"columns={_columns()}"),
        ours_shown=lambda page: page.get_by_role("row").nth(1),
        theirs=lambda d: f"/#/experiments/{d.wide}/runs",
        theirs_shown=lambda page: page.locator("a[href*='/runs/']"),
    ),
    View(
        name="a run with {metrics:,} metrics",
        ours=lambda d: _experiment(d, d.deep, f"view=details&run={d.deep_run}"),
        ours_shown=lambda page: page.get_by_role("grid", name="Metrics").get_by_role("row").nth(1),
        theirs=lambda d: _peer_run(d.deep, d.deep_run),
        theirs_shown=lambda page: page.get_by_text("metric-0000"),
    ),
    View(
        name="charts of a run with {metrics:,} metrics",
        ours=lambda d: _experiment(d, d.deep, f"view=details&run={d.deep_run}&tab=metrics"),
        ours_shown=lambda page: page.locator("[data-chart=drawn]"),
        theirs=lambda d: _peer_run(d.deep, d.deep_run, "/model-metrics"),
        theirs_shown=_drawn,
    ),
    View(
        name="{files:,} files of a run",
        ours=lambda d: _experiment(d, d.files, f"view=details&run={d.files_run}&tab=artifacts"),
        ours_shown=lambda page: page.get_by_text("file-0000.txt"),
        theirs=lambda d: _peer_run(d.files, d.files_run, "/artifacts"),
        theirs_shown=lambda page: page.get_by_text("file-0000.txt"),
    ),
    View(
        name="{curves:,} runs with {points:,} points each, charts",
        ours=lambda d: _experiment(d, d.curves, f"runs={','.join(d.curve_runs)}"),
        ours_shown=lambda page: page.locator("[data-chart=drawn]"),
        theirs=lambda d: f"/#/experiments/{d.curves}/runs?compareRunsMode=CHART",
        theirs_shown=_drawn,
    ),
    View(
        name="{nested:,} runs nested in 3 levels",
        ours=lambda d: _experiment(d, d.nested),
        ours_shown=lambda page: page.get_by_role("row").nth(1),
        theirs=lambda d: f"/#/experiments/{d.nested}/runs",
        theirs_shown=lambda page: page.locator("a[href*='/runs/']"),
    ),
]


class Client:
    """Logs to either server over MLflow's protocol."""

    def __init__(self, server: Server, workspace: str) -> None:
        self.http = httpx.Client(base_url=server.url, timeout=300)
        self.root = f"/mlflow/{workspace}/api/2.0" if workspace else "/api/2.0"

    def post(self, path: str, **body: object) -> dict[str, dict[str, dict[str, str]]]:
        answer = self.http.post(f"{self.root}/mlflow/{path}", json=body).raise_for_status()
        found: dict[str, dict[str, dict[str, str]]] = answer.json()
        return found

    def experiment(self, name: str) -> str:
        return str(self.post("experiments/create", name=name)["experiment_id"])

    def run(self, experiment: str, name: str, at: int, parent: str = "") -> str:
        tags = [{"key": "mlflow.parentRunId", "value": parent}] if parent else []
        made = self.post("runs/create", experiment_id=experiment, run_name=name, start_time=at, tags=tags)
        return made["run"]["info"]["run_id"]

    def finish(self, run: str, at: int) -> None:
        self.post("runs/update", run_id=run, status="FINISHED", end_time=at)

    def log(self, run: str, values: dict[str, float], step: int = 0) -> None:
        points = [{"key": key, "value": value, "timestamp": 1, "step": step} for key, value in values.items()]
        for first in range(0, len(points), AT_ONCE):
            self.post("runs/log-batch", run_id=run, metrics=points[first : first + AT_ONCE])

    def file(self, experiment: str, run: str, name: str, content: bytes) -> None:
        place = f"{self.root}/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/{name}"
        self.http.put(place, content=content).raise_for_status()


def logged(client: Client, workspace: str, sizes: Sizes) -> Data:
    """What clients would log, in five experiments; the wide one is filled later, in the database."""
    deep, files, curves, nested = (client.experiment(name) for name in ("deep", "files", "curves", "nested"))
    deep_run = client.run(deep, "many metrics", 1)
    for step in range(3):
        client.log(deep_run, {f"group{k % 10}/metric-{k:04d}": k + step for k in range(sizes.metrics)}, step)
    client.finish(deep_run, 2)
    files_run = client.run(files, "many files", 1)
    for n in range(sizes.files):
        client.file(files, files_run, f"file-{n:04d}.txt", b"x" * 100)
    client.finish(files_run, 2)
    curve_runs = [client.run(curves, f"curve {n}", n + 1) for n in range(sizes.curves)]
    for run in curve_runs:
        client.finish(run, 1_000)
    at = 0
    for a in range(sizes.children):
        top = client.run(nested, f"sweep {a}", at := at + 1)
        for b in range(sizes.children):
            middle = client.run(nested, f"fold {a}.{b}", at := at + 1, top)
            for c in range(sizes.children):
                inner = client.run(nested, f"trial {a}.{b}.{c}", at := at + 1, middle)
                client.log(inner, {"loss": 1 / (1 + c)})
                client.finish(inner, at + 1)
            client.finish(middle, at + 1)
        client.finish(top, at + 1)
    return Data(
        workspace=workspace,
        wide="",
        deep=deep,
        deep_run=deep_run,
        files=files,
        files_run=files_run,
        curves=curves,
        curve_runs=curve_runs,
        nested=nested,
    )


@dataclass(frozen=True, kw_only=True)
class Weight:
    """Seconds to what the person came for, and of CPU of the main thread until then; nodes, ms of the longest task,
    bytes of the heap, requests when idle; or why there are none.
    """

    seconds: float = 0
    cpu: float = 0
    nodes: int = 0
    longest: float = 0
    heap: float = 0
    idle: int = 0
    failed: str = ""

    def cells(self) -> list[str]:
        if self.failed:
            return [self.failed, *["–"] * 5]
        return [
            f"{self.seconds:.2f} s",
            f"{self.cpu * 1_000:,.0f} ms",
            f"{self.nodes:,}",
            f"{self.longest:,.0f} ms" if self.longest else "under 50 ms",
            f"{self.heap / 1e6:,.0f} MB",
            f"{self.idle}",
        ]


def weighed(browser: Browser, url: str, shown: Callable[[Page], Locator], limit: float) -> Weight:
    """Open a page in a profile of its own, wait for what it is about, let it calm down, and weigh it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
    context.set_default_timeout(limit * 1_000)
    page = context.new_page()
    page.add_init_script(pages.WATCH)
    try:
        began = time.perf_counter()
        page.goto(url, wait_until="commit")
        with pages.main_thread(page) as used:
            shown(page).first.wait_for(state="visible")
            seconds, cpu = time.perf_counter() - began, used()
        _calm(page, limit)
        count, longest = pages.nodes(page), pages.longest_task(page)
        idle = pages.idle_requests(page, IDLE)
        return Weight(seconds=seconds, cpu=cpu, nodes=count, longest=longest, heap=pages.heap(page), idle=len(idle))
    except Error as error:
        crashed = "crash" in error.message.lower()
        return Weight(failed="the tab crashed" if crashed else f"not within {limit:.0f} s")
    finally:
        with suppress(Error):
            context.close()


def _calm(page: Page, limit: float) -> None:
    """Wait until the page asks for nothing more; a page that never rests is weighed at the limit."""
    end = time.perf_counter() + limit
    while pages.idle_requests(page, CALM) and time.perf_counter() < end:
        pass


@contextmanager
def handloom_filled(sizes: Sizes) -> Iterator[tuple[Server, Data]]:
    folder = WORK / "handloom"
    flags = ("--no-auth", "--warm-kernels", "0")
    with servers.handloom(folder, *flags) as server:
        with httpx.Client(base_url=server.url) as http:
            workspace = str(http.get("/api/v1/workspaces").raise_for_status().json()["workspaces"][0]["id"])
        data = logged(Client(server, workspace), workspace, sizes)
    wide = generate.fill(folder, "wide", sizes.runs, SHAPE)
    for run in data.curve_runs:
        generate.long_series(folder / "handloom.db", run, "loss", sizes.points)
    with servers.handloom(folder, *flags) as server:
        yield server, replace(data, wide=wide)


@contextmanager
def mlflow_filled(sizes: Sizes) -> Iterator[tuple[Server, Data]]:
    folder = WORK / "mlflow"
    with servers.mlflow(folder) as server:
        data = logged(Client(server, ""), "", sizes)
        database = server.database
    wide = generate.fill_mlflow(database, "wide", sizes.runs, SHAPE)
    for run in data.curve_runs:
        generate.long_series(database, run, "loss", sizes.points)
    with servers.mlflow(folder) as server:
        yield server, replace(data, wide=wide)


def measured(
    filled: AbstractContextManager[tuple[Server, Data]], sizes: Sizes, *, ours: bool, limit: float
) -> list[Weight]:
    with filled as (server, data), sync_playwright() as playwright:
        path = next(
            (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
        )
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        weights = []
        for view in VIEWS:
            where, shown = (view.ours, view.ours_shown) if ours else (view.theirs, view.theirs_shown)
            weights.append(weighed(browser, server.url + where(data), shown, limit))
            print(f"  {sizes.named(view)}: {', '.join(weights[-1].cells())}", file=sys.stderr, flush=True)
        browser.close()
        return weights


HEAD = """# Pages with weight

`make bench ARGS=ui` wrote this: pages of Handloom and of `mlflow server` 3.17.2 in Chromium at 1440 x 900, on the
same data in SQLite, each page in a fresh profile. Time: from the address to the first row, file or chart that can
be seen; CPU: what the page's main thread has used by then, which other programs on the machine hardly change. The
other figures are of the page once it asks for nothing more: its DOM nodes, the longest task since it was opened, the
heap after a collection, and the requests of {idle:.0f} seconds in which nobody does anything. Of the wide runs the
newest {full} have all 800 columns, which Handloom shows at once; MLflow's page loads all of them and shows those that
its user chooses. The others have {few} metrics and {few} params. The points of the curves are written straight into
both databases, so that nobody has looked at them before: Handloom's buckets of them, which it makes otherwise when a
run ends, are made by this first look.

"""


def markdown(sizes: Sizes, ours: list[Weight], theirs: list[Weight]) -> str:
    lines = [
        "| page | server | time | CPU | DOM nodes | longest task | heap | requests when idle |",
        "| --- | --- | --: | --: | --: | --: | --: | --: |",
    ]
    for at, view in enumerate(VIEWS):
        for server, weights in (("Handloom", ours), ("mlflow", theirs)):
            if at < len(weights):
                lines.append(f"| {' | '.join([sizes.named(view), server, *weights[at].cells()])} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=ui", description=__doc__)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="a part of the weight, for trying; writes nothing below 1"
    )
    parser.add_argument("--limit", type=float, default=120, help="seconds that a page may take")
    parser.add_argument("--ours", action="store_true", help="leave MLflow out; writes nothing")
    given = parser.parse_args(arguments)
    sizes = Sizes.of(given.scale)
    machine = table.machine()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    print("Handloom", file=sys.stderr, flush=True)
    ours = measured(handloom_filled(sizes), sizes, ours=True, limit=given.limit)
    theirs: list[Weight] = []
    if not given.ours:
        print("mlflow server", file=sys.stderr, flush=True)
        theirs = measured(mlflow_filled(sizes), sizes, ours=False, limit=given.limit)
    text = markdown(sizes, ours, theirs)
    print(text)
    if given.scale >= 1 and not given.ours:
        head = HEAD.format(idle=IDLE, full=FULL, few=FEW)
        Path(ROOT / "bench" / "UI.md").write_text(f"{head}Machine: {machine}.\n\n{text}", encoding="utf-8")
    return 0
