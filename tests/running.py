"""A real server process for tests: `handloom up` on a free port, its log in a file."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import httpx

from handloom.store.engine import data_folder as folder

ROOT = Path(__file__).parent.parent
TLS = ssl.create_default_context()
"""Shared by all clients: making one reads every certificate of the machine, which takes longer than most tests."""
ISOLATION = os.environ.get("TEST_ISOLATION", "none")
"""Whether sessions of tests run in boxes, unless a test says so: many use files outside of their workspace."""


class Handloom:
    """Starts with `start`, or as a context. `url` and `token` stand once it serves; `log` is all it has said."""

    def __init__(self, data: Path, *flags: str, warm_kernels: int = 0, database: str = "", name: str = "") -> None:
        """`database` is the address of a PostgreSQL. `name` tells servers apart that share the folder `data`."""
        self.data = data
        self.database_url = database or f"sqlite:///{data / 'handloom.db'}"
        self.where = ("--data", str(data), *(("--database", database) if database else ()))
        isolation = () if "--isolation" in flags else ("--isolation", ISOLATION)
        self.flags = ("--port", "0", "--no-browser", "--warm-kernels", str(warm_kernels), *isolation, *flags)
        self.source = ROOT / "src"
        """The program that it runs, of any release."""
        self.as_service = False
        """Whether it has no terminal, also where the tests have one."""
        self.log_path = data.with_name(f"{data.name}{name}.log")
        self.url = ""
        self.token = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 60) -> Handloom:
        """Return once `/health` answers. The second start takes the port of the first, as a user's would."""
        if self.url:
            self.flags = ("--port", self.url.rpartition(":")[2], *self.flags[2:])
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "handloom.cli", "up", *self.where, *self.flags],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=environment(PYTHONPATH=str(self.source)) if self.source != ROOT / "src" else environment(),
                cwd=self.data.parent,
                start_new_session=self.as_service,
            )
        end = time.monotonic() + seconds
        while not self._serves():
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise AssertionError(f"the server did not start:\n{self.log}")
            time.sleep(0.02)
        return self

    def _serves(self) -> bool:
        try:
            said = None if self.process is None else folder.announced_by(self.data, self.process.pid)
            if said is None:
                return False
            self.url, self.token = said.url, said.token
            return httpx.get(f"{self.url}/health", verify=TLS).text == "OK"
        except httpx.TransportError:
            return False

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def sign_in_url(self) -> str:
        """The link that the last start printed; it works once."""
        return next(word for word in reversed(self.log.split()) if "/sign-in?token=" in word)

    def new_sign_in_url(self) -> str:
        """One more link, for one more browser."""
        link: str = httpx.post(
            f"{self.url}/api/v1/sign-in-links", headers={"Authorization": f"Bearer {self.token}"}, verify=TLS
        ).json()["url"]
        return link

    def sign_in(self, browser: httpx.Client, link: str = "") -> httpx.Response:
        """Press the button of a sign-in link's page, by default of the link that the last start printed."""
        address = httpx.URL(link or self.sign_in_url)
        return browser.post(f"{self.url}/sign-in", data=dict(address.params), headers={"Origin": self.url})

    def client(self, token: str | None = None, **options: Any) -> httpx.Client:
        """A client of the whole server with a token: the command line's own, unless another is given."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, verify=TLS, **options)

    def stop(self) -> int:
        """Stop the server by SIGTERM; return the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def kill(self) -> None:
        """Kill the server, as kill -9 or a power cut does."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, failure: type[BaseException] | None = None, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
        if failure is None:
            assert not self.warnings, f"the server warned of its own code: {self.warnings}"

    @property
    def warnings(self) -> list[str]:
        """What Python has warned of in the server's own code: an error in tests, but not in another process."""
        return re.findall(r"^\S*/handloom/\S+\.py:\d+: \w*Warning: .*", self.log, re.MULTILINE)


def environment(**more: str) -> dict[str, str]:
    """This process's environment with the package importable and without settings of a developer's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HANDLOOM_", "MLFLOW_"))}
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), kept.get("PYTHONPATH")]))
    return kept | {"PYTHONPATH": path} | more


def handloom(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line until it exits."""
    return subprocess.run(
        [sys.executable, "-m", "handloom.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=options.pop("timeout", 60),
        env=environment(**options.pop("env", {})),
        check=False,
        **options,
    )
