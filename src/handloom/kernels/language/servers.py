"""Answers questions about code that does not run: completions, explanations and problems, by ty's language server.

One process per workspace and environment, in a box where there is one, with limits of memory, number and time. It reads
code and packages and executes none of them; it has no network in a box.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import ty

from handloom.domain.code_cells import (
    MAX_COMPLETIONS,
    MAX_PROBLEMS,
    AnalysedCell,
    Completion,
    Explanation,
    Problem,
    Severity,
    analysed,
    defines_unseen_names,
    installs_packages,
    too_large,
)
from handloom.domain.errors import Invalid, Unavailable
from handloom.kernels import layers
from handloom.kernels.box import Box, View
from handloom.kernels.language.client import LanguageClient

log = logging.getLogger("handloom.analysis")

MODULE = "handloom.kernels.language.child"
MAX_SERVERS = 3
MAX_NOTEBOOKS = 4
"""Notebooks that one process keeps open."""
MAX_WAITING = 6
MAX_MODULES = 500
IDLE_SECONDS = 300.0
ANSWER_SECONDS = 30.0
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")
_PROVIDED = Path(__file__).parents[2] / "session" / "importable"
"""Packages that every session can import although they are not installed."""
_RULES = {
    "all": "ignore",
    "unresolved-reference": "error",
    "import-not-found": "error",
    "missing-module-member": "error",
    "missing-attribute": "error",
    "missing-argument": "error",
    "unknown-argument": "error",
    "too-many-positional-arguments": "error",
}
"""Only what fails when the cell runs. Rules about types are left out, as notebooks and their libraries break them."""
_WARNINGS = ("import-not-found", "missing-attribute", "missing-module-member")
_SESSION_NAMES = '''"""Names that a session has without an import."""
from typing import Any
import mlflow as mlflow
from IPython.core.getipython import get_ipython as get_ipython
from pyspark.sql import SparkSession

spark: SparkSession
sc: Any
sqlContext: Any
notebookutils: Any
mssparkutils: Any
In: list[str]
Out: dict[int, Any]
_: Any
__: Any
___: Any
_i: str
_ii: str
_iii: str
_dh: list[str]
_oh: dict[int, Any]
def display(*args: Any, **kwargs: Any) -> Any: ...
def displayHTML(html: Any = ..., *args: Any) -> None: ...
'''
_KINDS = ("", "", "method", "function", "class", "field", "variable", "class", "class", "module", "property")
_KEYWORD = 14
_CREATED, _CHANGED, _DELETED = 1, 2, 3
_UNKNOWN = "Unknown"
"""What ty says of a type that it does not know."""
_EMPTY_NAME = re.compile(r"``")

Reply = TypeVar("Reply")


@dataclass(slots=True)
class _Notebook:
    version: int
    cells: list[AnalysedCell]
    used: float


@dataclass(slots=True)
class _Process:
    """A running server with the folder that is its /tmp and home folder in a box."""

    process: asyncio.subprocess.Process
    client: LanguageClient
    folder: Path
    project: str
    """URI of the folder that the notebooks seem to be in."""
    used: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    notebooks: dict[str, _Notebook] = field(default_factory=dict)
    modules: dict[str, int] = field(default_factory=dict)
    """The files of the workspace's own modules by URI, with the time of their last change."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What to ask about: the cells of a notebook of a workspace, with the layer of its environment if it has one."""

    workspace: str
    notebook: str
    environment: Path | None
    sources: Sequence[str]


class LanguageServers:
    """Asks the analysers of all workspaces. Call every method on the server's event loop."""

    def __init__(self, data: Path, box: Box | None = None, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._data = data
        self._box = box
        self._seconds = answer_seconds
        self._processes: dict[tuple[str, str], _Process] = {}
        self._starting = asyncio.Lock()
        self._sweep: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def complete(self, about: Analysis, cell: int, line: int, column: int) -> list[Completion]:
        async def question(process: _Process, cells: list[AnalysedCell]) -> list[Completion]:
            place = _place(process, about.notebook, cells, cell, line, column)
            found = await process.client.ask("textDocument/completion", {**place, "context": {"triggerKind": 1}})
            items = found.get("items", []) if isinstance(found, dict) else found or []
            return [_completion(item) for item in items[:MAX_COMPLETIONS]]

        return await self._ask(about, question)

    async def explain(self, about: Analysis, cell: int, line: int, column: int) -> Explanation:
        async def question(process: _Process, cells: list[AnalysedCell]) -> Explanation:
            place = _place(process, about.notebook, cells, cell, line, column)
            hover = await process.client.ask("textDocument/hover", place)
            call = await process.client.ask("textDocument/signatureHelp", place)
            signature, documentation = _signature(call)
            return Explanation(text=_hover_text(hover) or documentation, signature=signature)

        return await self._ask(about, question)

    async def check(self, about: Analysis) -> list[Problem]:
        """Return the problems in the order of the cells, at most `MAX_PROBLEMS`."""
        ignored = set()
        if defines_unseen_names(about.sources):
            ignored.add("unresolved-reference")
        if installs_packages(about.sources):
            ignored.add("import-not-found")

        async def question(process: _Process, cells: list[AnalysedCell]) -> list[Problem]:
            problems: list[Problem] = []
            for index, cell in enumerate(cells):
                document = {"textDocument": {"uri": _cell_uri(process, about.notebook, index)}}
                report = await process.client.ask("textDocument/diagnostic", document)
                found = [_problem(index, cell, item) for item in (report or {}).get("items", [])]
                kept = [one for one in found if one is not None and one.code not in ignored]
                # one mistake in the syntax is followed by others, which only confuse
                syntax = [one for one in kept if one.code == "invalid-syntax"]
                problems += syntax[:1] or kept
                if len(problems) >= MAX_PROBLEMS:
                    break
            return problems[:MAX_PROBLEMS]

        return await self._ask(about, question)

    async def forget(self, workspace: str) -> None:
        """End the processes of a workspace."""
        for key in [key for key in self._processes if key[0] == workspace]:
            await _end(self._processes.pop(key))

    async def close(self) -> None:
        """End all processes at shutdown."""
        if self._sweep is not None:
            self._sweep.cancel()
        for workspace in {key[0] for key in self._processes}:
            await self.forget(workspace)
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def _ask(
        self, about: Analysis, question: Callable[[_Process, list[AnalysedCell]], Awaitable[Reply]]
    ) -> Reply:
        if too_large(about.sources):
            raise Invalid("The notebook has too much code to be analysed.", field="cells")
        cells = [analysed(source) for source in about.sources]
        key = (about.workspace, str(about.environment or ""))
        async with self._starting:
            process = await self._process(key, about)
            if process.waiting >= MAX_WAITING:
                raise Unavailable("The analyser of code is busy. Try again in a moment.")
            process.waiting += 1
        try:
            async with process.lock:
                return await self._answer(key, process, self._asking(process, about, cells, question))
        finally:
            process.waiting -= 1
            process.used = asyncio.get_running_loop().time()

    async def _asking(
        self,
        process: _Process,
        about: Analysis,
        cells: list[AnalysedCell],
        question: Callable[[_Process, list[AnalysedCell]], Awaitable[Reply]],
    ) -> Reply:
        _note_changes(process, await asyncio.to_thread(_modules, self._workspace(about)))
        _show(process, about.notebook, cells)
        return await question(process, cells)

    async def _answer(self, key: tuple[str, str], process: _Process, asking: Awaitable[Reply]) -> Reply:
        why = "it ended without an answer"
        try:
            return await asyncio.wait_for(asking, self._seconds)
        except TimeoutError:
            why = f"it took over {self._seconds:g} seconds"
        except (EOFError, OSError, ValueError, asyncio.LimitOverrunError) as error:
            why = str(error) or why
        except asyncio.CancelledError:  # the next question would get this one's answer
            self._drop(key, process)
            raise
        self._drop(key, process)
        log.warning("The analyser of code of workspace %s was ended: %s.", key[0], why)
        raise Unavailable("The code could not be analysed here: the analyser ended or took too long. Try again.")

    def _drop(self, key: tuple[str, str], process: _Process) -> None:
        if self._processes.get(key) is process:
            del self._processes[key]
        task = asyncio.get_running_loop().create_task(_end(process))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _process(self, key: tuple[str, str], about: Analysis) -> _Process:
        process = self._processes.get(key)
        if process is not None and process.process.returncode is None:
            return process
        if process is not None:
            await _end(self._processes.pop(key))
        while len(self._processes) >= MAX_SERVERS:
            free = [one for one, found in self._processes.items() if not found.waiting]
            if not free:
                raise Unavailable("Code of several other notebooks is being analysed now. Try again in a moment.")
            await _end(self._processes.pop(min(free, key=lambda one: self._processes[one].used)))
        started = await self._start(about)
        try:
            await asyncio.wait_for(_initialise(started), self._seconds)
        except (TimeoutError, EOFError, OSError, ValueError) as error:
            await _end(started)
            raise Unavailable("The analyser of code (ty) does not start on this server.") from error
        self._processes[key] = started
        self._sweep_later()
        return started

    async def _start(self, about: Analysis) -> _Process:
        try:
            program = ty.find_ty_bin()
        except FileNotFoundError as error:
            raise Unavailable("The analyser of code (ty) is not part of this installation.") from error
        root = self._workspace(about)
        folder = Path(tempfile.mkdtemp(prefix="handloom-analysis-"))
        home, tmp = folder / "home", folder / "tmp"
        project = tmp / "project"
        home.mkdir()
        project.mkdir(parents=True)
        (project / "ty.toml").write_text(_configuration(root, about.environment), encoding="utf-8")
        (project / "__builtins__.pyi").write_text(_SESSION_NAMES, encoding="utf-8")
        command = [sys.executable, "-P", "-m", MODULE, program, "server"]
        environment = {name: value for name, value in os.environ.items() if name in _KEPT}
        if self._box is not None:
            readable = (about.environment,) if about.environment else ()
            view = View(tmp=tmp, home=home, cwd=Path("/tmp"), workspace=root, readable=readable)
            boxed = self._box.command(view)
            command = [boxed[0], "--unshare-net", *boxed[1:], *command]
            environment = self._box.environment(environment)
            project = Path("/tmp/project")
        environment |= {"TY_MAX_PARALLELISM": "1"}
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise Unavailable(f"The analyser of code (ty) cannot be started ({error.strerror}).") from error
        return _Process(process, LanguageClient(process), folder, project.as_uri(), asyncio.get_running_loop().time())

    def _workspace(self, about: Analysis) -> Path:
        return (self._data / "workspaces" / about.workspace).absolute()

    def _sweep_later(self) -> None:
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._sweep_idle)

    def _sweep_idle(self) -> None:
        self._sweep = None
        before = asyncio.get_running_loop().time() - IDLE_SECONDS
        for key, process in list(self._processes.items()):
            if not process.waiting and process.used <= before:
                self._drop(key, process)
        if self._processes:
            self._sweep_later()


async def _initialise(process: _Process) -> None:
    text = {"hover": {"contentFormat": ["plaintext"]}, "diagnostic": {}}
    await process.client.ask(
        "initialize",
        {
            "processId": None,
            "rootUri": process.project,
            "workspaceFolders": [{"uri": process.project, "name": "notebooks"}],
            "capabilities": {"textDocument": text, "general": {"positionEncodings": ["utf-16"]}},
            "initializationOptions": {"completions": {"autoImport": False}},
        },
    )
    process.client.notify("initialized", {})


async def _end(process: _Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.process.kill()
    await process.process.wait()
    await asyncio.to_thread(shutil.rmtree, process.folder, True)


def _configuration(workspace: Path, environment: Path | None) -> str:
    """Return ty's settings: where a session finds modules, the workspace's folder first, and the rules."""
    own = Path(sys.prefix)
    found = [workspace, *([layers.packages_of(environment)] if environment else []), _PROVIDED]
    found += [Path(folder) for folder in layers.server_packages() if not Path(folder).is_relative_to(own)]
    paths = ", ".join(json.dumps(str(path)) for path in found)
    rules = "\n".join(f'{name} = "{level}"' for name, level in _RULES.items())
    return f"[environment]\npython = {json.dumps(str(own))}\nextra-paths = [{paths}]\n\n[rules]\n{rules}\n"


def _modules(workspace: Path) -> dict[str, int]:
    """Return the files of the workspace's own modules by URI, with the time of their last change."""
    found: dict[str, int] = {}
    with contextlib.suppress(OSError), os.scandir(workspace) as entries:
        for entry in entries:
            if entry.name.endswith(".py") and len(found) < MAX_MODULES:
                with contextlib.suppress(OSError):
                    found[(workspace / entry.name).as_uri()] = entry.stat(follow_symlinks=False).st_mtime_ns
    return found


def _note_changes(process: _Process, modules: dict[str, int]) -> None:
    before, process.modules = process.modules, modules
    changes = [{"uri": uri, "type": _CREATED} for uri in modules.keys() - before.keys()]
    changes += [{"uri": uri, "type": _CHANGED} for uri in modules.keys() & before.keys() if modules[uri] != before[uri]]
    changes += [{"uri": uri, "type": _DELETED} for uri in before.keys() - modules.keys()]
    if changes:
        process.client.notify("workspace/didChangeWatchedFiles", {"changes": changes})


def _cell_uri(process: _Process, notebook: str, index: int) -> str:
    return f"vscode-notebook-cell://cells/{notebook}.ipynb#{index}"


def _show(process: _Process, notebook: str, cells: list[AnalysedCell]) -> None:
    """Tell the server the notebook's code as it is now."""
    client, known = process.client, process.notebooks.get(notebook)
    now = asyncio.get_running_loop().time()
    document = {"uri": f"{process.project}/{notebook}.ipynb"}

    def uri(index: int) -> str:
        return _cell_uri(process, notebook, index)

    if known is not None and len(known.cells) == len(cells):
        known.used = now
        changed = [index for index, cell in enumerate(cells) if cell.text != known.cells[index].text]
        known.cells = cells
        if changed:
            known.version += 1
            contents = [
                {"document": {"uri": uri(one), "version": known.version}, "changes": [{"text": cells[one].text}]}
                for one in changed
            ]
            named = {**document, "version": known.version}
            client.notify(
                "notebookDocument/didChange",
                {"notebookDocument": named, "change": {"cells": {"textContent": contents}}},
            )
        return
    if known is None and len(process.notebooks) >= MAX_NOTEBOOKS:
        oldest = min(process.notebooks, key=lambda one: process.notebooks[one].used)
        _hide(process, oldest)
    if known is not None:
        _hide(process, notebook)
    version = known.version + 1 if known is not None else 1
    process.notebooks[notebook] = _Notebook(version, cells, now)
    client.notify(
        "notebookDocument/didOpen",
        {
            "notebookDocument": {
                **document,
                "notebookType": "jupyter-notebook",
                "version": version,
                "cells": [{"kind": 2, "document": uri(index)} for index in range(len(cells))],
            },
            "cellTextDocuments": [
                {"uri": uri(index), "languageId": "python", "version": version, "text": cell.text}
                for index, cell in enumerate(cells)
            ],
        },
    )


def _hide(process: _Process, notebook: str) -> None:
    closed = process.notebooks.pop(notebook)
    cells = [{"uri": _cell_uri(process, notebook, index)} for index in range(len(closed.cells))]
    document = {"uri": f"{process.project}/{notebook}.ipynb"}
    process.client.notify("notebookDocument/didClose", {"notebookDocument": document, "cellTextDocuments": cells})


def _place(
    process: _Process, notebook: str, cells: list[AnalysedCell], cell: int, line: int, column: int
) -> dict[str, Any]:
    if not 0 <= cell < len(cells):
        raise Invalid("There is no such cell.", field="cell")
    position = {"line": max(0, line), "character": cells[cell].inside(line, column)}
    return {"textDocument": {"uri": _cell_uri(process, notebook, cell)}, "position": position}


def _completion(item: dict[str, Any]) -> Completion:
    kind = item.get("kind", 0)
    word = "keyword" if kind == _KEYWORD else _KINDS[kind] if 0 <= kind < len(_KINDS) else "variable"
    return Completion(label=str(item.get("label", ""))[:200], kind=word, detail=str(item.get("detail") or "")[:200])


def _hover_text(hover: Any) -> str:
    text = _markup(hover.get("contents")) if isinstance(hover, dict) else ""
    return "" if text == _UNKNOWN else text


def _signature(call: Any) -> tuple[str, str]:
    """Return the signature of the call around the position, and the documentation of what is called."""
    signatures = call.get("signatures") or [] if isinstance(call, dict) else []
    if not signatures:
        return "", ""
    active = signatures[min(call.get("activeSignature") or 0, len(signatures) - 1)]
    return str(active.get("label", ""))[:2_000], _markup(active.get("documentation"))


def _markup(content: Any) -> str:
    text = content.get("value", "") if isinstance(content, dict) else content
    return str(text or "").strip()[:20_000]


def _problem(index: int, cell: AnalysedCell, item: dict[str, Any]) -> Problem | None:
    """Return the problem; None for hints, and for what is only missing because the line is not finished."""
    code, message = str(item.get("code") or ""), str(item.get("message") or "").split("\n", 1)[0][:300]
    attribute_of_value = code == "missing-attribute" and not message.startswith("Module ")
    if (code != "invalid-syntax" and code not in _RULES) or attribute_of_value or _EMPTY_NAME.search(message):
        return None
    start, end = item["range"]["start"], item["range"]["end"]
    severity: Severity = "warning" if code in _WARNINGS else "error"
    return Problem(
        cell=index,
        line=start["line"],
        column=cell.outside(start["line"], start["character"]),
        end_line=end["line"],
        end_column=cell.outside(end["line"], end["character"]),
        severity=severity,
        code=code,
        message=message,
    )
