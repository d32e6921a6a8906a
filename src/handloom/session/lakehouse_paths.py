"""Make `/lakehouse/default/...` and OneLake's addresses work in plain Python: open(), os, pathlib and libraries.

The machine has no such folder, because every workspace has its own lakehouse. The session patches the functions of
Python and of libraries that take paths.
"""

from __future__ import annotations

import builtins
import copyreg
import functools
import io
import os
import pkgutil
from collections.abc import Callable
from pathlib import Path
from types import BuiltinFunctionType, ModuleType
from typing import Any

from IPython.core import interactiveshell

from handloom.session import hooks, lakehouse

ONELAKE = "onelake."
"""Stands in every address of OneLake; searched first, since every opened file comes by here."""
_ONE_PATH = (
    *("stat", "lstat", "open", "listdir", "scandir", "mkdir", "rmdir", "remove", "unlink", "access", "chmod", "utime"),
    *("chdir", "truncate", "readlink"),
)
_TWO_PATHS = ("rename", "replace", "link", "symlink")
_KEYWORDS = ("path", "source", "where", "table_uri", "table_or_uri", "file", "data", "root_path", "filepath_or_buffer")


def install() -> None:
    """Patch all functions, unless the machine has a real /lakehouse folder. In a box the folder is this workspace's,
    and the paths are checked as they are elsewhere."""
    if Path("/lakehouse").exists() and not os.environ.get("HANDLOOM_BOXED"):
        return
    plain = open
    opened: Any = _translating(plain)
    builtins.open = io.open = opened

    def reduce(function: Any) -> Any:
        """Pickle Python's own `open`, to which functions of cells refer, by its name; it is not `io.open` any more."""
        return (pkgutil.resolve_name, ("io:open",)) if function is plain else function.__reduce__()

    copyreg.pickle(BuiltinFunctionType, reduce)
    setattr(interactiveshell, "io_open", opened)  # noqa: B010 - this is `open` in a cell
    for name in _ONE_PATH:
        _replace_in_os(name, paths=1)
    for name in _TWO_PATHS:
        _replace_in_os(name, paths=2)
    hooks.after_import("pandas.io.common", _pandas)
    hooks.after_import(
        "pyarrow.parquet.core", _patch("read_table", "write_table", "ParquetFile", "ParquetDataset", "read_schema")
    )
    hooks.after_import("pyarrow.dataset", _patch("dataset", "write_dataset"))
    hooks.after_import("deltalake.table", _patch_constructor("DeltaTable"))
    hooks.after_import("deltalake.writer", _patch("write_deltalake"))
    hooks.after_import("polars", _polars)


def _pandas(module: Any) -> None:
    """Translate paths of pandas, for whose OneLake addresses it would ask for a package that needs the network."""
    plain = module.stringify_path

    @functools.wraps(plain)
    def stringify_path(filepath_or_buffer: Any, *args: Any, **kwargs: Any) -> Any:
        return translated(plain(filepath_or_buffer, *args, **kwargs))

    module.stringify_path = stringify_path


def _replace_in_os(name: str, paths: int) -> None:
    original = getattr(os, name)
    replacement = _translating(original, paths)
    setattr(os, name, replacement)
    for supported in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
        if original in supported:
            supported.add(replacement)  # shutil and others test whether the function is in this set


def translated(path: Any) -> Any:
    """Return the real path of one below `/lakehouse/default` or of OneLake's address; anything else unchanged."""
    text = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(text, str):
        return path
    if not text.startswith(lakehouse.ROOT) and not (ONELAKE in text and lakehouse.ONELAKE.fullmatch(text)):
        return path
    found = lakehouse.inside(text)
    return path if found is None else str(found)


def _translating(function: Callable[..., Any], paths: int = 1) -> Any:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if args:
            args = (*map(translated, args[:paths]), *args[paths:])
        for key in _KEYWORDS:
            if key in kwargs:
                kwargs[key] = translated(kwargs[key])
        return function(*args, **kwargs)

    return call


def _patch(*names: str) -> Callable[[ModuleType], None]:
    def act(module: ModuleType) -> None:
        for name in names:
            found = getattr(module, name, None)
            if isinstance(found, type):
                _patch_constructor(name)(module)
            elif found is not None:
                paths = 2 if name.startswith("write_") else 1  # (table, where)
                setattr(module, name, _translating(found, paths))

    return act


def _patch_constructor(name: str) -> Callable[[ModuleType], None]:
    def act(module: ModuleType) -> None:
        found = getattr(module, name)
        found.__init__ = _translating(found.__init__, paths=2)  # the first argument is the object itself

    return act


def _polars(module: ModuleType) -> None:
    for name in dir(module):
        if name.startswith(("read_", "scan_")):
            setattr(module, name, _translating(getattr(module, name)))
    for frame in (module.DataFrame, module.LazyFrame):
        for name in dir(frame):
            if name.startswith(("write_", "sink_")):
                setattr(frame, name, _translating(getattr(frame, name), paths=2))
