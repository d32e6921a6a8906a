"""Version history of notebooks: list, keep under a name, read, rename, delete."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from handloom.api.routing import Context, Empty, Route, live, read, write
from handloom.api.server import Server
from handloom.api.ui.notebooks import ONE, NotebookPath
from handloom.domain.errors import Invalid
from handloom.domain.members import Role
from handloom.domain.notebook_versions import NotebookVersion
from handloom.store.engine.database import Read, Write
from handloom.store.notebooks import rows as notebook_store
from handloom.store.notebooks import versions


class NotebookVersions(msgspec.Struct, frozen=True, kw_only=True):
    """Versions of a notebook, newest first."""

    versions: list[NotebookVersion]


class NotebookVersionPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    notebook: str
    version: str


class CreateNotebookVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Keep the notebook as it is saved now under this name."""

    workspace: str
    notebook: str
    name: str


class UpdateNotebookVersion(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    notebook: str
    version: str
    name: str
    """Empty: the version is kept like an automatic one."""


class NotebookVersionContent(msgspec.Struct, frozen=True, kw_only=True):
    """A version with its .ipynb document, whose cells have no outputs."""

    version: NotebookVersion
    document: dict[str, Any]


def list_versions(tx: Read, context: Context, request: NotebookPath) -> NotebookVersions:
    return NotebookVersions(versions=versions.listing(tx, request.workspace, request.notebook))


async def create_version(server: Server, context: Context, request: CreateNotebookVersion) -> NotebookVersion:
    name = request.name.strip()
    if not name:
        raise Invalid("Give the version a name.", field="name")
    notebook = await server.read(lambda tx: notebook_store.get(tx, request.workspace, request.notebook))
    taken = await server.on_thread(partial(versions.read_file, server.settings.data, notebook))
    found = await server.write(lambda tx: versions.add(tx, request.workspace, request.notebook, taken, name=name))
    assert found is not None  # a named version is always kept
    return found


def get_version(tx: Read, context: Context, request: NotebookVersionPath) -> NotebookVersionContent:
    version, document = versions.content(tx, request.workspace, request.notebook, request.version)
    return NotebookVersionContent(version=version, document=document)


def update_version(tx: Write, context: Context, request: UpdateNotebookVersion) -> NotebookVersion:
    return versions.rename(tx, request.workspace, request.notebook, request.version, request.name)


def delete_version(tx: Write, context: Context, request: NotebookVersionPath) -> Empty:
    versions.remove(tx, request.workspace, request.notebook, request.version)
    return Empty()


ALL = f"{ONE}/versions"
VERSION = f"{ALL}/{{version}}"
WRITER = Role.CONTRIBUTOR
ROUTES: list[Route] = [
    read("GET", ALL, list_versions, summary="List the versions of a notebook, newest first."),
    live("POST", ALL, create_version, role=WRITER, summary="Keep a notebook as it is saved now under a name."),
    read("GET", VERSION, get_version, summary="Get a version of a notebook and its document without outputs."),
    write("PATCH", VERSION, update_version, role=WRITER, summary="Name a version of a notebook."),
    write(
        "DELETE",
        VERSION,
        delete_version,
        audit="notebook.version_delete",
        role=WRITER,
        summary="Delete a version of a notebook.",
    ),
]
