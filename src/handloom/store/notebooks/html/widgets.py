"""Widgets of ipywidgets as they were when the notebook was saved, as HTML without a script."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser
from typing import Any, Protocol

from handloom.domain.widget_states import STATES

MAX_DEPTH = 30
MAX_WIDGETS = 5_000
"""How many widgets a page draws; a made-up notebook could show one in another without end."""

STYLE = """
.widget { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; font-size: 13px; }
.widget.column { flex-direction: column; align-items: stretch; }
.widget progress, .widget meter { width: 240px; }
.widget .box { padding: 1px 8px; border: 1px solid var(--line); border-radius: 4px; }
.widget .dim { color: var(--dim); }
.widget .title { font-weight: 600; margin-top: 4px; }
"""
_REFERENCE = re.compile(r"IPY_MODEL_(\S+)")
_PLAIN_TAGS = frozenset(
    "b,i,u,em,strong,small,code,p,div,span,br,hr,h1,h2,h3,h4,h5,h6,ul,ol,li,pre,sub,sup".split(",")  # noqa: SIM905
)
_DTYPES = {
    "int8": "i1",
    "int16": "i2",
    "int32": "i4",
    "uint8": "u1",
    "uint16": "u2",
    "uint32": "u4",
    "float32": "f4",
    "float64": "f8",
}

State = dict[str, Any]


class Parent(Protocol):
    """What draws the parts of a widget that are outputs of their own."""

    def outputs(self, outputs: Any) -> str: ...
    def markup(self, content: str) -> str: ...
    def chart(self, data: dict[str, Any], instead: str) -> str | None: ...
    def note(self, text: str) -> str: ...


class SavedWidgets:
    """The widgets of one notebook."""

    def __init__(self, metadata: Any, parent: Parent) -> None:
        kept = _dict(_dict(_dict(metadata).get("widgets")).get(STATES))
        self._states = _dict(kept.get("state"))
        self._parent = parent
        self._left = MAX_WIDGETS

    def drawn(self, model: Any, depth: int = 0) -> str | None:
        """Return a widget by its id; None if its state was not kept, or it is of a kind that is not known here."""
        entry = _dict(self._states.get(model)) if isinstance(model, str) else {}
        name, state = str(entry.get("model_name", "")).removesuffix("Model"), _dict(entry.get("state"))
        self._left -= 1
        if not entry or depth > MAX_DEPTH or self._left < 0:
            return None
        if name in _BOXES:
            return self._box(name, state, depth)
        if name == "Output":
            return self._parent.outputs(state.get("outputs"))
        if name == "Any":
            return self._chart(entry, state)
        draw = _CONTROLS.get(name)
        if draw is None:
            return self._markup(state) if name in _MARKUP else self._media(name, entry, state)
        label = _text(state, "description")
        described = f"<span>{escape(_unmarked(label))}</span>" if label else ""
        return f'<div class="widget">{described}{draw(state)}</div>'

    def _box(self, name: str, state: State, depth: int) -> str:
        children = []
        for one in _list(state.get("children")):
            if self._left > 0:
                children.append(self.drawn(_referred(one), depth + 1))
        titles = _list(state.get("titles")) or list(_dict(state.get("_titles")).values())
        if name == "Stack" and isinstance(index := state.get("selected_index"), int) and index < len(children):
            children, titles = [children[index]], []
        parts = []
        for n, child in enumerate(children):
            title = str(titles[n]) if n < len(titles) else ""
            named = f'<div class="title">{escape(title)}</div>' if title else ""
            parts.append(f"<div>{named}{self._parent.note('not drawn') if child is None else child}</div>")
        column = "" if name in ("HBox", "Box") else " column"
        return f'<div class="widget{column}">{"".join(parts)}</div>'

    def _markup(self, state: State) -> str:
        value = _text(state, "value")
        label = _unmarked(_text(state, "description"))
        described = f"<span>{escape(label)}</span>" if label else ""
        content = _plain_markup(value)
        return f'<div class="widget">{described}{self._parent.markup(value) if content is None else content}</div>'

    def _chart(self, entry: dict[str, Any], state: State) -> str | None:
        """A chart as a widget: a figure of Plotly, or a chart of Altair."""
        state = _with_buffers(state, entry.get("buffers"))
        if isinstance(state.get("_widget_data"), list):
            figure = {"data": state["_widget_data"], "layout": state.get("_widget_layout")}
            return self._parent.chart({"application/vnd.plotly.v1+json": _typed(figure)}, "")
        spec = state.get("spec")
        if isinstance(spec, dict) and "vega" in str(spec.get("$schema", "vega-lite")):
            return self._parent.chart({"application/vnd.vegalite.v5+json": spec}, "")
        return None

    def _media(self, name: str, entry: dict[str, Any], state: State) -> str | None:
        kind = {"Image": "image", "Video": "video", "Audio": "audio"}.get(name)
        encoded = next((b for p, b in _buffers(entry.get("buffers")) if p == ["value"]), None)
        if kind is None or encoded is None:
            return None
        form = re.sub(r"[^\w.+-]", "", _text(state, "format") or ("png" if kind == "image" else "mp4"))
        address = f"data:{kind}/{form};base64,{encoded}"
        if kind == "image":
            return f'<img alt="" src="{address}">'
        return f'<{kind} controls src="{address}"></{kind}>'


def _number(default: float) -> Callable[[State], str]:
    return lambda state: f"<b>{escape(_short(state.get('value', default)))}</b>"


def _slider(default: float, least: float, most: float) -> Callable[[State], str]:
    def draw(state: State) -> str:
        value = state.get("value", default)
        return f"{_bar('meter', state, value, least, most)}<b>{escape(_short(value))}</b>"

    return draw


def _progress(state: State) -> str:
    return _bar("progress", state, state.get("value", 0), 0, 100)


def _bar(tag: str, state: State, value: Any, least: float, most: float) -> str:
    low, high = state.get("min", least), state.get("max", most)
    if not all(isinstance(one, int | float) for one in (value, low, high)) or high <= low:
        return ""
    part = min(1.0, max(0.0, (value - low) / (high - low)))
    return f'<{tag} value="{part:.4f}" max="1"></{tag}>'


def _chosen(state: State) -> str:
    labels, index = _list(state.get("_options_labels")), state.get("index")
    chosen = index if isinstance(index, list) else [index]
    names = [str(labels[n]) for n in chosen if isinstance(n, int) and 0 <= n < len(labels)]
    return "".join(f'<span class="box">{escape(one)}</span>' for one in names) or '<span class="dim">–</span>'


def _range(state: State) -> str:
    return f"<b>{escape(' – '.join(_short(one) for one in _list(state.get('value'))))}</b>"


def _typed_text(state: State) -> str:
    return f'<span class="box">{escape(_text(state, "value"))}&nbsp;</span>'


def _tags(state: State) -> str:
    return "".join(f'<span class="box">{escape(_short(one))}</span>' for one in _list(state.get("value")))


def _check(state: State) -> str:
    return "☑" if state.get("value") else "☐"


def _date(state: State) -> str:
    value = state.get("value")
    if isinstance(value, dict):
        value = "-".join(f"{value.get(key, 0):02}" for key in ("year", "month", "date") if _is_int(value.get(key)))
    return f"<b>{escape(_short(value))}</b>" if value else '<span class="dim">–</span>'


_BOXES = frozenset(
    ("Box", "HBox", "VBox", "GridBox", "Tab", "Accordion", "Stack", "TwoByTwoLayout", "AppLayout", "GridspecLayout")
)
_MARKUP = frozenset(("HTML", "HTMLMath", "Label"))
_CONTROLS: dict[str, Callable[[State], str]] = {
    "IntSlider": _slider(0, 0, 100),
    "FloatSlider": _slider(0.0, 0, 10),
    "FloatLogSlider": _number(1.0),
    "IntRangeSlider": _range,
    "FloatRangeSlider": _range,
    "IntProgress": _progress,
    "FloatProgress": _progress,
    "IntText": _number(0),
    "FloatText": _number(0.0),
    "BoundedIntText": _number(0),
    "BoundedFloatText": _number(0.0),
    "Play": _number(0),
    "Text": _typed_text,
    "Textarea": _typed_text,
    "Combobox": _typed_text,
    "Password": lambda state: '<span class="box">········</span>',
    "ColorPicker": _typed_text,
    "TagsInput": _tags,
    "ColorsInput": _tags,
    "IntsInput": _tags,
    "FloatsInput": _tags,
    "Dropdown": _chosen,
    "Select": _chosen,
    "SelectMultiple": _chosen,
    "RadioButtons": _chosen,
    "ToggleButtons": _chosen,
    "SelectionSlider": _chosen,
    "SelectionRangeSlider": _chosen,
    "Checkbox": _check,
    "ToggleButton": _check,
    "Valid": _check,
    "DatePicker": _date,
    "NaiveDatetimePicker": _date,
    "DatetimePicker": _date,
    "TimePicker": _date,
    "Button": lambda state: '<span class="box">▸</span>',
    "FileUpload": lambda state: f'<span class="box">{len(_list(state.get("value")))}</span>',
}


class _PlainMarkup(HTMLParser):
    """Rewrites markup whose elements are only of texts, without attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.other = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.other = self.other or tag not in _PLAIN_TAGS
        self.parts.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _PLAIN_TAGS:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(escape(data))


def _plain_markup(value: str) -> str | None:
    """Return texts with simple elements; None where there is more in it."""
    parser = _PlainMarkup()
    parser.feed(value)
    parser.close()
    return None if parser.other else f"<span>{''.join(parser.parts)}</span>"


def _unmarked(value: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", value))


def _buffers(value: Any) -> list[tuple[list[Any], str]]:
    """The binary parts of a widget's state: where they belong, and their content in base64."""
    found = []
    for one in _list(value):
        encoded, path = _dict(one).get("data"), _dict(one).get("path")
        if isinstance(path, list) and isinstance(encoded, str) and re.fullmatch(r"[A-Za-z0-9+/=\s]*", encoded):
            raw = bytes.fromhex(encoded) if one.get("encoding") == "hex" else base64.b64decode(encoded)
            found.append((path, base64.b64encode(raw).decode("ascii")))
    return found


def _with_buffers(state: State, buffers: Any) -> State:
    """Put the binary parts, in base64, where they belong."""
    for path, encoded in _buffers(buffers):
        place: Any = state
        try:
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = encoded
        except (KeyError, IndexError, TypeError):
            continue
    return state


def _typed(value: Any) -> Any:
    """Rename the parts of arrays as figures have them outside of widgets."""
    if isinstance(value, list):
        return [_typed(one) for one in value]
    if not isinstance(value, dict):
        return value
    dtype = _DTYPES.get(str(value.get("dtype")))
    if dtype and isinstance(value.get("buffer"), str):
        shape = ",".join(str(one) for one in _list(value.get("shape")))
        return {"dtype": dtype, "bdata": value["buffer"], "shape": shape}
    return {key: _typed(one) for key, one in value.items()}


def _referred(value: Any) -> str | None:
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else None


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _is_int(value: Any) -> bool:
    return isinstance(value, int)


def _text(state: State, key: str) -> str:
    value = state.get(key)
    return value if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
