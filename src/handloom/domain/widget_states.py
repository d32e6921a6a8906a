"""The states of a kernel's widgets: as its messages change them, and as a notebook keeps them in `metadata.widgets`."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

STATES = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
TARGET = "jupyter.widget"
LARGEST = 16_000_000
"""Bytes of states that a notebook keeps at most."""
LARGEST_FOLLOWED = 2 * LARGEST
"""Bytes of states of one kernel that are remembered at most."""
LONGEST_SCRIPT = 200_000
"""A longer script that a widget brings along (anywidget) is not kept: without a session it does not run."""
_REFERENCE = re.compile(rb'"IPY_MODEL_([^"]+)"')
_TOO_LARGE = f"This widget was not kept: the widgets of a notebook may take {LARGEST / 1e6:,.0f} MB in all."

Path = tuple[str | int, ...]
State = dict[str, Any]


class _Change(msgspec.Struct):
    """The data of a widget's message."""

    method: str = ""
    state: dict[str, msgspec.Raw] = {}
    buffer_paths: list[Path] = []


class _WidgetMessage(msgspec.Struct):
    comm_id: str
    target_name: str = ""
    data: _Change = msgspec.field(default_factory=_Change)


_decode = msgspec.json.Decoder(_WidgetMessage).decode


class _Model:
    """One widget: its values in JSON, and the binary parts of them."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}
        self._buffers: dict[Path, bytes] = {}

    @property
    def size(self) -> int:
        return sum(map(len, self._values.values())) + sum(map(len, self._buffers.values()))

    def change(self, change: _Change, buffers: list[bytes]) -> None:
        """Set values. One that is binary as a whole is missing among them, see `_remove_buffers` of ipywidgets."""
        replaced = {*change.state, *(path[0] for path in change.buffer_paths)}
        self._buffers = {path: one for path, one in self._buffers.items() if path[0] not in replaced}
        self._values = {key: one for key, one in self._values.items() if key not in replaced}
        self._values |= {key: bytes(one) for key, one in change.state.items()}
        self._buffers |= dict(zip(change.buffer_paths, buffers, strict=False))

    def saved(self) -> State:
        state = {key: msgspec.json.decode(one) for key, one in self._values.items()}
        if len(str(state.get("_esm") or "")) > LONGEST_SCRIPT:
            del state["_esm"]
        fields = ("model_name", "model_module", "model_module_version")
        saved = {field: str(state.get(f"_{field}") or "") for field in fields} | {"state": state}
        if not self._buffers:
            return saved
        encoded = ((path, base64.b64encode(one).decode("ascii")) for path, one in self._buffers.items())
        return saved | {"buffers": [{"encoding": "base64", "path": list(path), "data": data} for path, data in encoded]}


class WidgetStates:
    """The widgets of one kernel. A widget outlives its kernel here, because its last state may not be saved yet."""

    def __init__(self) -> None:
        self._models: dict[str, _Model] = {}  # by the id of the widget, oldest first
        self._size = 0
        self.changed = False
        """Whether a state has changed since this was last set to False."""

    def follow(self, kind: str, content: bytes, buffers: list[bytes]) -> None:
        """Take a message of a comm, of the kernel or of a page."""
        try:
            message = _decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError):  # a comm of something else
            return
        key, change = message.comm_id, message.data
        if kind == "comm_close":
            self._forget(key)
        elif kind == "comm_open" and message.target_name == TARGET:
            self._forget(key)
            self._models[key] = _Model()
            self._change(key, change, buffers)
        elif kind == "comm_msg" and key in self._models and change.method in ("update", "echo_update"):
            self._change(key, change, buffers)

    def _change(self, key: str, change: _Change, buffers: list[bytes]) -> None:
        model = self._models[key]
        self._size -= model.size
        model.change(change, buffers)
        self._size += model.size
        self.changed = True
        while self._size > LARGEST_FOLLOWED:
            self._forget(next(iter(self._models)))

    def _forget(self, key: str) -> None:
        if (model := self._models.pop(key, None)) is not None:
            self._size -= model.size

    def saved(self) -> State:
        """Return the states as a notebook keeps them, by the widgets' ids."""
        return {key: model.saved() for key, model in self._models.items()}


def shown_in(cells: Iterable[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the ids of the widgets that outputs show, with the data of the output."""
    for cell in cells:
        for output in _dict(cell).get("outputs") or []:
            data = _dict(_dict(output).get("data"))
            view = _dict(data.get(VIEW))
            if isinstance(view.get("model_id"), str):
                yield view["model_id"], data


def keep_states(document: dict[str, Any], live: State) -> bool:
    """Put the states of the widgets that a notebook shows into it: those that live, and else those that it has. Says so
    in the output of a widget that has no room. Returns whether the notebook has changed.
    """
    widgets = _dict(document["metadata"].get("widgets"))
    before = _dict(_dict(widgets.get(STATES)).get("state"))
    known, room = before | live, LARGEST
    states: State = {}
    for root, data in shown_in(document["cells"]):
        parts = _parts(root, known, states)
        size = sum(map(len, parts.values()))
        if size > room:
            data["text/plain"] = _TOO_LARGE
            continue
        room -= size
        states |= {key: known[key] for key in parts}
    if states == before:
        return False
    document["metadata"]["widgets"] = {key: one for key, one in widgets.items() if key != STATES}
    if states:
        document["metadata"]["widgets"][STATES] = {"version_major": 2, "version_minor": 0, "state": states}
    elif not document["metadata"]["widgets"]:
        del document["metadata"]["widgets"]
    return True


def _parts(root: str, known: State, found: State) -> dict[str, bytes]:
    """Return the JSON of each widget that `root` is made of, by its id, apart from those in `found`."""
    parts: dict[str, bytes] = {}
    waiting = [root]
    while waiting:
        key = waiting.pop()
        if key in known and key not in found and key not in parts:
            parts[key] = msgspec.json.encode(known[key])
            waiting += [one.decode() for one in _REFERENCE.findall(parts[key])]
    return parts


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
