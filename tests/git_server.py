"""A real git server for tests: git's own HTTP backend behind a small HTTP server that asks for a name and a token."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

USER, TOKEN = "kim", "a-secret-token"


class GitServer:
    """Serves bare repositories of a folder at `url`/NAME.git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.requests: list[str] = []
        git_server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                git_server._answer(self)

            def do_POST(self) -> None:
                git_server._answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                """What came is in `requests`."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def create(self, name: str) -> Path:
        """Make an empty bare repository, also where a story that is told twice has made one before."""
        repository = self.folder / f"{name}.git"
        shutil.rmtree(repository, ignore_errors=True)
        git("init", "--bare", "--quiet", "--initial-branch=main", str(repository))
        git("config", "http.receivepack", "true", at=repository)
        return repository

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append(f"{handler.command} {handler.path}")
        expected = "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
        if handler.path.startswith("/elsewhere"):
            handler.send_response(302)
            handler.send_header("Location", handler.path.removeprefix("/elsewhere"))
            handler.end_headers()
            return
        if handler.headers.get("authorization") != expected:
            handler.send_response(401)
            handler.send_header("WWW-Authenticate", 'Basic realm="git"')
            handler.end_headers()
            return
        path, _, query = handler.path.partition("?")
        done = subprocess.run(
            ["git", "http-backend"],
            input=_body(handler),
            capture_output=True,
            check=True,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REQUEST_METHOD": handler.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": handler.headers.get("content-type", ""),
                "HTTP_CONTENT_ENCODING": handler.headers.get("content-encoding", ""),
                "GIT_PROTOCOL": handler.headers.get("git-protocol", ""),
                "REMOTE_USER": USER,
            },
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        handler.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def __enter__(self) -> GitServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("transfer-encoding") != "chunked":
        return handler.rfile.read(int(handler.headers.get("content-length", "0")))
    parts = []
    while size := int(handler.rfile.readline(), 16):
        parts.append(handler.rfile.read(size))
        handler.rfile.readline()
    return b"".join(parts)


def git(*arguments: str, at: Path | None = None, given: bytes = b"") -> str:
    """Run git as a person would, without the settings of this machine."""
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    names = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _PERSON.items()}
    done = subprocess.run(
        ["git", *arguments], cwd=at, input=given, capture_output=True, check=False, env=environment | names
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def document(*sources: str) -> str:
    """A notebook with these code cells, as nbformat writes it."""
    cells: list[dict[str, Any]] = [
        {"id": f"cell{number}", "cell_type": "code", "source": [source], "metadata": {}, "execution_count": None}
        for number, source in enumerate(sources)
    ]
    content = {"cells": [cell | {"outputs": []} for cell in cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


class Colleague:
    """Somebody else who pushes to the branch main of a repository, from a working tree of their own."""

    def __init__(self, repository: Path, work: Path) -> None:
        self.work = work
        git("clone", "--quiet", str(repository), str(work))

    def push(self, message: str, files: Mapping[str, str | None]) -> None:
        """Push a commit with these files; None deletes one."""
        git("fetch", "--quiet", "origin", at=self.work)
        if git("branch", "--remotes", "--list", "origin/main", at=self.work):
            git("checkout", "--quiet", "-B", "main", "origin/main", at=self.work)
        for name, content in files.items():
            file = self.work / name
            if content is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content)
        git("add", "--all", ".", at=self.work)
        git("commit", "--quiet", "-m", message, at=self.work)
        git("push", "--quiet", "origin", "HEAD:main", at=self.work)


_PERSON = {"NAME": "Lee", "EMAIL": "lee@example.com"}
