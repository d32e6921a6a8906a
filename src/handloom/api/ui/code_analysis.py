"""Completions, explanations and problems of a notebook's code, before and without a session."""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec

from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.domain.code_cells import Completion, Explanation, Problem
from handloom.domain.environments import Environment
from handloom.domain.members import Role
from handloom.kernels.language.servers import Analysis
from handloom.store.engine.database import Read
from handloom.store.environments import rows as environment_store
from handloom.store.notebooks import rows as notebook_store


class NotebookCode(msgspec.Struct, frozen=True, kw_only=True):
    """`cells` are the sources of the notebook's code cells, in its order. Nothing is saved or executed."""

    workspace: str
    notebook: str
    cells: list[str]


class CodePosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position in the cell with the index `cell`: lines and columns count from 0, columns in UTF-16 units."""

    workspace: str
    notebook: str
    cells: list[str]
    cell: int
    line: int
    column: int


class Completions(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Completion]


class Problems(msgspec.Struct, frozen=True, kw_only=True):
    problems: list[Problem]


async def complete_code(server: Server, context: Context, request: CodePosition) -> Completions:
    about = await _analysis(server, request)
    found = await server.language_servers.complete(about, request.cell, request.line, request.column)
    return Completions(items=found)


async def explain_code(server: Server, context: Context, request: CodePosition) -> Explanation:
    about = await _analysis(server, request)
    return await server.language_servers.explain(about, request.cell, request.line, request.column)


async def check_code(server: Server, context: Context, request: NotebookCode) -> Problems:
    return Problems(problems=await server.language_servers.check(await _analysis(server, request)))


async def _analysis(server: Server, request: NotebookCode | CodePosition) -> Analysis:
    def find(tx: Read) -> Environment | None:
        notebook_store.get(tx, request.workspace, request.notebook)
        return environment_store.of_session(tx, request.workspace, notebook=request.notebook)

    chosen = await server.read(find)
    layer = await asyncio.to_thread(partial(server.environments.built, chosen)) if chosen else None
    return Analysis(request.workspace, request.notebook, layer, request.cells)


ONE = "/api/v1/workspaces/{workspace}/notebooks/{notebook}"
WRITER = Role.CONTRIBUTOR
ROUTES: list[Route] = [
    live("POST", f"{ONE}/completions", complete_code, role=WRITER, summary="Complete code without a session."),
    live("POST", f"{ONE}/explanation", explain_code, role=WRITER, summary="Explain code at a position."),
    live("POST", f"{ONE}/problems", check_code, role=WRITER, summary="Find errors in code without running it."),
]
