"""A real nginx in front of a test's server, with the locations that the docs show."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from azurite import await_port, free_port
from running import ROOT

DOCUMENTED = "http://127.0.0.1:8484"
"""The address of the server in the docs."""

_CONFIG = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
{location}
    }}
}}
"""


def documented(language: str) -> list[str]:
    """The examples of the page about proxies in this language."""
    page = (ROOT / "docs" / "reverse-proxy.md").read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```", page, re.M | re.S)
    assert found
    return found


@contextmanager
def nginx(folder: Path, location: str, port: int = 0) -> Iterator[str]:
    """Run nginx with this location on a port, by default a free one; yield its URL."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed")
    port = port or free_port()
    config = folder / f"nginx-{port}.conf"
    user = "user root;" * (os.geteuid() == 0)
    config.write_text(_CONFIG.format(folder=folder, port=port, location=location, user=user))
    running = subprocess.Popen([program, "-c", str(config), "-p", str(folder), "-e", str(folder / "error.log")])
    try:
        await_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(20)
