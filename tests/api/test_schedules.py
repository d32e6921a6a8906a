"""Schedules and runs of whole notebooks: parameters, history with the executed notebook, retries, kills, who may."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from receiving import Receiver
from running import Handloom, handloom

HOUR = 3_600_000
OVER = ("succeeded", "failed", "stopped", "missed", "skipped")


def cell(source: str, *tags: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": uuid.uuid4().hex[:8],
        "source": source,
        "metadata": {"tags": list(tags)} if tags else {},
        "outputs": [],
        "execution_count": None,
    }


def until(true: Callable[[], Any], seconds: float = 90) -> Any:
    """Return what is found, once something is."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)
    return found


def message_comes_again(receiver: Receiver, job: str) -> None:
    """The message about a run that a restart ended arrives, and once more since it was refused."""
    first, second = receiver.next(), receiver.next()
    assert (second.body, second.headers["X-MLflow-Delivery-Id"]) == (first.body, job)
    message = json.loads(first.body)
    assert (message["event"], message["run"]["id"], message["run"]["reason"]) == ("schedule.failed", job, "restart")


class Desk:
    """A workspace of one test, and what a person does in it."""

    def __init__(self, client: httpx.Client, workspace: str = "") -> None:
        self.client = client
        made = workspace or client.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()["id"]
        self.workspace = made
        self.path = f"/api/v1/workspaces/{made}"

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.client.request(method, f"{self.path}{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def notebook(self, name: str, *cells: dict[str, Any]) -> str:
        content = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        made: str = self.ask("POST", "/notebooks", {"name": name, "content": content})["id"]
        return made

    def schedule(self, notebook: str, **values: Any) -> str:
        given = {"notebook": notebook, "every_seconds": 86_400, **values}
        made: str = self.ask("POST", "/schedules", given)["id"]
        return made

    def jobs(self, schedule: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", f"/jobs?schedule={schedule}")["jobs"]
        return found

    def ended(self, job: str) -> dict[str, Any]:
        """The job with its MLflow runs, once it has ended."""

        def over() -> dict[str, Any] | None:
            found: dict[str, Any] = self.ask("GET", f"/jobs/{job}")
            return found if found["job"]["state"] in OVER else None

        found: dict[str, Any] = until(over)
        return found

    def printed(self, job: str) -> list[str]:
        """What each cell of the executed notebook printed."""
        document = json.loads(self.client.get(f"{self.path}/jobs/{job}/document").text)
        return [
            "".join(output.get("text", "") for output in cell["outputs"])
            for cell in document["cells"]
            if cell["cell_type"] == "code"
        ]


def joined(server: Handloom, closes: ExitStack, desk: Desk, role: str) -> Desk:
    """The same workspace as another person sees it."""
    name = f"u{uuid.uuid4().hex[:8]}"
    made = desk.client.post("/api/v1/users", json={"name": name}).json()
    browser = closes.enter_context(httpx.Client(base_url=server.url, headers={"Origin": server.url}, timeout=60))
    assert server.sign_in(browser, server.url + made["path"]).status_code == 303
    desk.ask("POST", "/members", {"user": name, "role": role})
    return Desk(browser, desk.workspace)


@pytest.mark.soak_on_postgresql
def test_a_program_runs_a_notebook_with_parameters_and_follows_it_to_its_runs(server: Handloom) -> None:
    with server.client() as client:
        desk = Desk(client)
        notebook = desk.notebook(
            "train",
            cell("steps = 1\nname = 'none'", "parameters"),
            cell("import mlflow\nwith mlflow.start_run(run_name=name):\n    mlflow.log_metric('steps', steps)"),
            cell("int('an error on purpose')", "raises-exception"),
            cell("print(name, steps)"),
        )
        parameters = {"steps": 3, "name": "night's"}
        job = desk.ask("POST", f"/notebooks/{notebook}/jobs", {"parameters": parameters})
        assert (job["state"], job["trigger"], job["parameters"]) == ("queued", "api", parameters)
        (session,) = until(lambda: desk.ask("GET", "/sessions")["sessions"])
        assert (session["name"], session["job"]) == ("train", job["id"])
        assert client.get(f"/api/v1/workspaces/{desk.workspace}/notebooks/{notebook}").json()["name"] == "train"

        found = desk.ended(job["id"])
        assert (found["job"]["state"], found["job"]["error"]) == ("succeeded", "")
        assert (found["job"]["cells"], found["job"]["done"]) == (5, 5)
        assert [(run["name"], run["status"]) for run in found["runs"]] == [("night's", "FINISHED")]
        assert desk.printed(job["id"]) == ["", "", "", "", "night's 3\n"]
        assert desk.ask("GET", f"/notebooks/{notebook}/runs")["runs"][0]["name"] == "night's"
        saved = json.loads(client.get(f"{desk.path}/notebooks/{notebook}/file").text)
        assert [cell["outputs"] for cell in saved["cells"]] == [[], [], [], []]
        until(lambda: desk.ask("GET", "/sessions")["sessions"] == [])
        refused = desk.ask("POST", f"/notebooks/{notebook}/jobs", {"parameters": {"a b": 1}}, status=400)
        assert refused["error"]["field"] == "parameters"


@pytest.mark.soak_on_postgresql
def test_a_runs_notebook_shows_progress_bars_as_they_ended(server: Handloom) -> None:
    with server.client() as client:
        desk = Desk(client)
        bars = (
            "from tqdm.notebook import tqdm\nfor _ in tqdm(range(40)): pass\nfor _ in tqdm(range(7), leave=False): pass"
        )
        notebook = desk.notebook("bars", cell(bars))
        job = desk.ask("POST", f"/notebooks/{notebook}/jobs", {"parameters": {}})["id"]
        assert desk.ended(job)["job"]["state"] == "succeeded"
        document = json.loads(client.get(f"{desk.path}/jobs/{job}/document").text)
        states = document["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
        progress = [one["state"]["value"] for one in states.values() if one["model_name"] == "FloatProgressModel"]
        assert progress == [40.0]
        shown = [
            output["data"].get("application/vnd.jupyter.widget-view+json") for output in document["cells"][0]["outputs"]
        ]
        assert [view and view["model_id"] in states for view in shown] == [True, None]


def test_a_failed_run_says_why_and_is_tried_again_and_its_owner_is_told(server: Handloom) -> None:
    with server.client() as client:
        desk = Desk(client)
        notebook = desk.notebook("fails", cell("print('first')"), cell("1 / 0"), cell("print('never')"))
        schedule = desk.schedule(notebook, retries=1, retry_delay=1)
        before = client.get("/api/v1/schedule-notices").json()["now"]
        first = desk.ask("POST", f"/schedules/{schedule}/run")
        desk.ended(first["id"])
        again, _ = until(lambda: found if len(found := desk.jobs(schedule)) == 2 else None)
        last = desk.ended(again["id"])["job"]
        assert (last["trigger"], last["attempt"], last["state"], last["reason"]) == ("retry", 2, "failed", "error")
        assert last["error"] == "ZeroDivisionError: division by zero"
        assert desk.printed(last["id"])[0] == "first\n"
        told = client.get(f"/api/v1/schedule-notices?since={before}").json()["jobs"]
        assert [job["id"] for job in told if job["workspace"] == desk.workspace] == [last["id"]]
        assert desk.ask("GET", "/schedules")["schedules"][0]["last"]["id"] == last["id"]


def test_a_schedule_chooses_the_engine_and_the_capacity_of_its_runs(server: Handloom) -> None:
    with server.client() as client:
        desk = Desk(client)
        capacity = client.post("/api/v1/capacities", json={"name": f"c {uuid.uuid4().hex[:8]}"}).json()["id"]
        notebook = desk.notebook("chosen", cell("import time\ntime.sleep(600)"))
        schedule = desk.schedule(notebook, engine="apache", capacity=capacity)
        job = desk.ask("POST", f"/schedules/{schedule}/run")["id"]
        (session,) = until(lambda: desk.ask("GET", "/sessions")["sessions"])
        listed = client.get("/api/v1/capacities").json()["capacities"]
        running = next(one["running"] for one in listed if one["id"] == capacity)
        assert (session["engine"], running) == ("apache", 1)
        desk.ask("POST", f"/jobs/{job}/stop")
        for field in ("engine", "capacity"):
            refused = desk.ask("PATCH", f"/schedules/{schedule}", {field: "no-such"}, status=400)
            assert refused["error"]["field"] == field
        client.delete(f"/api/v1/capacities/{capacity}").raise_for_status()
        kept = desk.ask("GET", "/schedules")["schedules"][0]
        assert (kept["engine"], kept["capacity"]) == ("apache", "")


@pytest.mark.soak_on_postgresql
def test_a_running_job_is_stopped_and_a_notebook_may_end_itself(server: Handloom) -> None:
    with server.client() as client:
        desk = Desk(client)
        endless = desk.notebook("endless", cell("print('began')"), cell("import time\ntime.sleep(600)"))
        job = desk.ask("POST", f"/notebooks/{endless}/jobs", {})["id"]
        until(lambda: desk.ask("GET", f"/jobs/{job}")["job"]["done"] == 1)
        desk.ask("POST", f"/jobs/{job}/stop")
        assert (stopped := desk.ended(job)["job"])["state"] == stopped["reason"] == "stopped"
        assert desk.printed(job)[0] == "began\n"
        assert desk.ask("POST", f"/jobs/{job}/stop", status=409)["error"]["code"] == "conflict"

        early = desk.notebook("early", cell("notebookutils.notebook.exit(42)"), cell("1 / 0"))
        ended = desk.ended(desk.ask("POST", f"/notebooks/{early}/jobs", {})["id"])["job"]
        assert (ended["state"], ended["exit_value"], ended["done"]) == ("succeeded", "42", 1)


def test_schedules_follow_roles_and_go_into_the_bin_with_their_notebook(server: Handloom) -> None:
    with server.client() as client, ExitStack() as closes:
        desk = Desk(client)
        hers, his, theirs = (joined(server, closes, desk, role) for role in ("contributor", "contributor", "viewer"))
        notebook = desk.notebook("shared", cell("1"))
        webhook = "https://example.com/secret"
        schedule = hers.schedule(
            notebook, cron="0 6 * * *", every_seconds=0, timezone="Asia/Seoul", webhook_url=webhook
        )
        assert theirs.ask("GET", f"/schedules/{schedule}")["webhook_url"] == ""
        assert his.ask("GET", f"/schedules/{schedule}")["webhook_url"] == webhook
        theirs.ask("POST", "/schedules", {"notebook": notebook, "every_seconds": 60}, status=403)
        theirs.ask("POST", f"/notebooks/{notebook}/jobs", {}, status=403)
        for method, path, body in (
            ("PATCH", "", {"parameters": {"a": 1}}),
            ("PATCH", "", {"take_over": True}),
            ("POST", "/run", None),
            ("DELETE", "", None),
        ):
            his.ask(method, f"/schedules/{schedule}{path}", body, status=403)
        paused = desk.ask("PATCH", f"/schedules/{schedule}", {"paused": True})
        assert (paused["paused"], paused["next_at"]) == (True, None)
        resumed = hers.ask("PATCH", f"/schedules/{schedule}", {"paused": False})
        times = client.get("/api/v1/schedule-times?cron=0 6 * * *&timezone=Asia/Seoul").json()["times"]
        assert resumed["next_at"] == times[0]
        assert len(times) == 3
        moved = hers.ask("PATCH", f"/schedules/{schedule}", {"every_seconds": 7200})
        assert (moved["cron"], moved["every_seconds"]) == ("", 7200)

        desk.ask("DELETE", f"/notebooks/{notebook}")
        assert desk.ask("GET", "/schedules")["schedules"] == []
        desk.ask("POST", f"/notebooks/{notebook}/restore", {})
        assert [one["id"] for one in desk.ask("GET", "/schedules")["schedules"]] == [schedule]
        taken = desk.ask("PATCH", f"/schedules/{schedule}", {"take_over": True})
        assert taken["owner"] != moved["owner"]
        hers.ask("DELETE", f"/schedules/{schedule}", status=403)
        desk.ask("DELETE", f"/schedules/{schedule}")
        desk.ask("GET", f"/schedules/{schedule}", status=404)
        entries = desk.ask("GET", "/audit")["entries"]
        assert {("schedule.create", "shared"), ("schedule.delete", "shared")} <= {
            (entry["action"], entry["target"]) for entry in entries
        }


class Clock:
    """Sets when schedules are due, in the database of a server on SQLite."""

    def __init__(self, server: Handloom) -> None:
        self.server = server

    def due(self, schedule: str, ago: int, **values: int) -> None:
        values = {"next_at": round(time.time() * 1_000) - ago, **values}
        columns = ", ".join(f"{name} = :{name}" for name in values)
        with closing(sqlite3.connect(self.server.data / "handloom.db", timeout=30)) as db, db:
            db.execute(f"UPDATE schedules SET {columns} WHERE id = :id", {"id": schedule, **values})


@pytest.mark.on_sqlite
def test_a_kill_in_the_middle_and_times_without_a_server_are_said(tmp_path: Path) -> None:
    with ExitStack() as closes:
        receiver = closes.enter_context(Receiver())
        flags = ("--webhook-networks", "127.0.0.0/8")
        server = closes.enter_context(Handloom(tmp_path / "data", *flags))
        clock = Clock(server)
        desk = Desk(closes.enter_context(server.client()))
        long = desk.notebook("long", cell("print('began')"), cell("import time\ntime.sleep(600)"))
        short = desk.notebook("short", cell("print('ran')"))
        killed = desk.schedule(long, webhook_url=f"{receiver.url}/failed")
        retried = desk.schedule(long, retries=1, retry_delay=1)
        missed = desk.schedule(short, every_seconds=3600)
        caught_up = desk.schedule(short, every_seconds=3600, catch_up=True)
        soon = desk.schedule(short)
        orphan = joined(server, closes, desk, "contributor")
        orphaned = orphan.schedule(short)
        for one in (killed, retried):
            desk.ask("POST", f"/schedules/{one}/run")
        until(lambda: all(desk.jobs(one)[0]["done"] == 1 for one in (killed, retried)))
        members = desk.ask("GET", "/members")["members"]
        (contributor,) = [member["user"] for member in members if member["role"] == "contributor"]
        desk.ask("PATCH", f"/members/{contributor}", {"role": "viewer"})
        server.kill()
        receiver.answers.put((503, {"Retry-After": "1"}))

        clock.due(missed, ago=3 * HOUR + HOUR // 2)
        clock.due(caught_up, ago=3 * HOUR + HOUR // 2)
        clock.due(orphaned, ago=0)
        clock.due(soon, ago=-1_000)
        server.start()
        desk.client = closes.enter_context(server.client())
        (lost,) = until(lambda: [job for job in desk.jobs(killed) if job["state"] in OVER])
        assert (lost["state"], lost["reason"]) == ("failed", "restart")
        message_comes_again(receiver, lost["id"])
        again = until(lambda: found[0] if len(found := desk.jobs(retried)) == 2 else None)
        assert (again["trigger"], again["attempt"]) == ("retry", 2)

        (late,) = until(lambda: desk.jobs(missed))
        assert (late["state"], late["reason"], late["missed"]) == ("missed", "down", 4)
        making_up, late = until(lambda: found if len(found := desk.jobs(caught_up)) == 2 else None)
        assert {late["state"], making_up["state"]} >= {"missed"}
        (made,) = [job for job in (making_up, late) if job["trigger"] == "catch_up"]
        assert desk.ended(made["id"])["job"]["state"] == "succeeded"
        (in_time,) = until(lambda: desk.jobs(soon))
        assert in_time["trigger"] == "schedule"
        assert desk.ended(in_time["id"])["job"]["state"] == "succeeded"
        (refused,) = until(lambda: desk.jobs(orphaned))
        assert (refused["state"], refused["reason"]) == ("skipped", "owner_role")
        stopped = desk.ask("GET", f"/schedules/{orphaned}")
        assert (stopped["problem"], stopped["next_at"]) == ("owner_role", None)
        resumed = desk.ask("PATCH", f"/schedules/{orphaned}", {"take_over": True})
        assert resumed["problem"] == ""
        assert resumed["next_at"] is not None


@pytest.mark.on_sqlite
def test_a_run_is_skipped_while_the_one_before_runs_and_ended_after_its_time(own_server: Handloom) -> None:
    clock = Clock(own_server)
    with own_server.client() as client:
        desk = Desk(client)
        notebook = desk.notebook("slow", cell("import time\ntime.sleep(600)"))
        schedule = desk.schedule(notebook)
        first = desk.ask("POST", f"/schedules/{schedule}/run")["id"]
        until(lambda: desk.ask("GET", f"/jobs/{first}")["job"]["session"])
        clock.due(schedule, ago=0)
        desk.schedule(notebook)  # a change, so that the worker looks
        skipped = until(lambda: [job for job in desk.jobs(schedule) if job["state"] == "skipped"])
        assert [job["reason"] for job in skipped] == ["busy"]
        (listed,) = [one for one in desk.ask("GET", "/sessions")["sessions"] if one["job"] == first]
        desk.ask("DELETE", f"/sessions/{listed['id']}")
        assert desk.ended(first)["job"]["reason"] == "stopped"
        assert own_server.stop() == 0


@pytest.mark.soak_on_postgresql
def test_the_command_line_sets_parameters(server: Handloom, tmp_path: Path) -> None:
    file, output = tmp_path / "book.ipynb", tmp_path / "done.ipynb"
    cells = [
        cell("a = 1", "parameters"),
        cell("print(a, b)"),
        cell("notebookutils.notebook.exit('early')"),
        cell("1 / 0"),
    ]
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    arguments = ("run", str(file), "--workspace", "default", "--output", str(output), *server.where)
    done = handloom(*arguments, "-p", "a=0.5", "-p", "b=some text")
    assert done.returncode == 0, done.stdout + done.stderr
    ran = json.loads(output.read_text())["cells"]
    assert "".join(ran[2]["outputs"][0]["text"]) == "0.5 some text\n"
    refused = handloom(*arguments, "-p", "a")
    assert refused.returncode != 0
    assert "name=value" in refused.stderr
