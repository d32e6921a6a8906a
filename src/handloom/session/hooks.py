"""Import hooks: call a function when a module is first imported, so that it need not be imported just to patch it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Act = Callable[[ModuleType], None]


class _Loader(Loader):
    """Load a module with its own loader, then call the hook."""

    def __init__(self, inner: Any, act: Act) -> None:
        self._inner = inner
        self._act = act

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        self._act(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _PreloadedLoader(Loader):
    """Return a module that `preload` has imported, then call the hook."""

    def __init__(self, module: ModuleType, act: Act) -> None:
        self._module = module
        self._act = act

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        self._act(module)


class _Finder(MetaPathFinder):
    def __init__(self) -> None:
        self.acts: dict[str, Act] = {}
        self.kept: dict[str, ModuleType] = {}
        self._looking: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        act = self.acts.get(fullname)
        if act is None or fullname in self._looking:
            return None
        if (module := self.kept.pop(fullname, None)) is not None:
            spec = ModuleSpec(fullname, _PreloadedLoader(module, act), origin=module.__file__, is_package=True)
            spec.submodule_search_locations = list(module.__path__)
            return spec
        self._looking.add(fullname)
        try:
            found = importlib.util.find_spec(fullname)
        finally:
            self._looking.discard(fullname)
        if found is not None and found.loader is not None:
            found.loader = _Loader(found.loader, act)
        return found


_finder = _Finder()


def after_import(name: str, act: Act) -> None:
    """Call `act` with the module after its first import, or at once if it is imported already."""
    if name in sys.modules:
        act(sys.modules[name])
        return
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    _finder.acts[name] = act


def put_aside() -> dict[str, ModuleType]:
    """Return the modules that only `preload` has imported so far."""
    return _finder.kept


def preload(name: str, *parts: str) -> None:
    """Import a package and these parts of it in advance, without calling hooks; the first real import calls them.

    Also where its hook is registered only later, as in the template process of kernels.
    """
    if name in _finder.kept:
        return
    act = _finder.acts.pop(name, None)
    module = importlib.import_module(name)
    for part in parts:
        importlib.import_module(f"{name}.{part}")
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    _finder.acts[name] = act or _no_hook
    _finder.kept[name] = module
    del sys.modules[name]


def _no_hook(_: ModuleType) -> None:
    """Stand for the hook of a module that is kept, until one is registered."""
