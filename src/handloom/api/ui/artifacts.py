"""A run's or a model version's files as pages see them: a tree to open, previews and downloads."""

import msgspec


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """`model` marks a folder that holds an MLmodel file: one that can be saved as a model version."""

    path: str
    name: str
    is_dir: bool
    size: int | None
    model: bool = False


class Files(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    entries: list[FileEntry]


class RunFiles(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    run: str
    path: str = ""


class VersionFiles(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    version: int
    path: str = ""
