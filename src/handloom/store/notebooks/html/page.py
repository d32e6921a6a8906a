"""Writes a notebook as one HTML file that needs neither a server nor the network.

Scripts of outputs run in frames of an origin of their own, and the file's policy lets nothing load from elsewhere.
Charts that come as data are drawn by libraries in the page itself, widgets as they were when the notebook was saved.
"""

from __future__ import annotations

import contextlib
import json
import re
import resource
import sys
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any
from urllib.parse import unquote

import mistune
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer, get_lexer_by_name
from pygments.util import ClassNotFound

from handloom.domain.widget_states import VIEW
from handloom.store.notebooks.html import POLICY, charts, widgets
from handloom.store.notebooks.html.formulas import Formulas

MAX_BYTES = 200_000_000
"""The size of a file from which on outputs are left out, with a note in their place."""
DATA_BYTES = 3_000_000_000
"""Memory that writing may use."""
MAX_HIGHLIGHTED = 200_000
"""Characters of a cell that is coloured; a longer one is written as it is."""

TABLE_CHARTS = "handloom_charts"
"""The key of a cell's metadata with the charts made of its tables."""
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]")
_ATTACHMENT = re.compile(r"attachment:([^\s)\"'>]+)")
_SCRIPT = re.compile(r"<script|<iframe|<object|<embed|\son\w+\s*=|<style|<svg", re.IGNORECASE)
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_MAGIC_LANGUAGES = {"sql": "sql", "html": "html", "bash": "bash", "sh": "bash", "javascript": "javascript"}
_TEXTS = {
    "en": {
        "left out": "This output is left out, because the file would be too large.",
        "not drawn": "This output is drawn in Handloom only.",
        "widget": "What this widget showed was not saved with the notebook. This is its description as text.",
        "chart": "A script draws this chart. It does not run here, or the chart needs the network.",
        "table chart": "A script draws this chart of a table. It does not run here, or the chart was not computed yet.",
    },
    "ko": {
        "left out": "파일이 너무 커지므로 이 출력은 넣지 않았습니다.",
        "not drawn": "이 출력은 Handloom에서만 그려집니다.",
        "widget": "이 위젯이 보여 주던 내용은 노트북에 저장되어 있지 않습니다. 다음은 위젯을 설명하는 텍스트입니다.",
        "chart": "이 차트는 스크립트로 그려집니다. 여기에서 스크립트가 실행되지 않거나 차트에 네트워크가 필요합니다.",
        "table chart": "표로 만든 차트입니다. 여기에서 스크립트가 실행되지 않거나 차트가 아직 계산되지 않았습니다.",
    },
}

_STYLE = """
:root { color-scheme: light dark; --text: #242424; --dim: #616161; --line: #d1d1d1; --code: #f5f5f5; --bad: #b10e1c; }
@media screen and (prefers-color-scheme: dark) {
  :root { --text: #f0f0f0; --dim: #adadad; --line: #525252; --code: #292929; --bad: #f1707b; }
  body { background: #1f1f1f; }
}
body { max-width: 960px; margin: 32px auto; padding: 0 20px; color: var(--text);
  font: 15px/1.6 system-ui, "Noto Sans", "Noto Sans CJK KR", sans-serif; overflow-wrap: anywhere; }
pre { margin: 0; overflow-x: auto; white-space: pre-wrap; font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace; }
.cell { margin: 16px 0; }
.code { padding: 10px 14px; border: 1px solid var(--line); border-radius: 6px; background: var(--code); }
.count, .note { color: var(--dim); font-size: 12px; }
.output { margin: 8px 0 0; padding: 0 14px; }
.error pre { color: var(--bad); }
img { max-width: 100%; height: auto; }
.output img { background: #fff; }
iframe { width: 100%; border: 0; resize: vertical; overflow: auto; background: #fff; }
@media print {
  :root { color-scheme: light; }
  body { margin: 0 auto; print-color-adjust: exact; }
  .count { break-after: avoid; }
  img, iframe, tr { break-inside: avoid; }
  iframe { resize: none; }
}
table { border-collapse: collapse; } td, th { padding: 4px 10px; border: 1px solid var(--line); }
"""
_FRAME_STYLE = (
    "<style>body{margin:0;font:13px/1.5 system-ui,sans-serif;color:#242424;background:#fff;"
    "print-color-adjust:exact}"
    "table{border-collapse:collapse}td,th{padding:4px 10px;border-bottom:1px solid #d1d1d1;text-align:right}</style>"
)
_ELEMENT = '<div id="output"></div><script>(function(element){{{}\n}})(document.getElementById("output"))</script>'
"""A script as an output, which fills an element."""
_COLOURS = """
.k,.kn,.ow,.kc{color:#0f6cbd}.s1,.s2,.sd,.sa,.se,.si{color:#a4262c}.c1,.cm,.ch{color:#616161}.mi,.mf{color:#107c10}
.nf,.nc,.fm{color:#5c2e91}
@media screen and (prefers-color-scheme: dark) {
.k,.kn,.ow,.kc{color:#62abf5}.s1,.s2,.sd,.sa,.se,.si{color:#e8a0a5}.c1,.cm,.ch{color:#adadad}.mi,.mf{color:#9fd89f}
.nf,.nc,.fm{color:#c6b1de}}
"""


class NotebookPage:
    """Writes one notebook as a page. Whatever is not as nbformat says is left out, not refused."""

    def __init__(self, name: str, document: dict[str, Any], language: str) -> None:
        self._name, self._document, self._language = name, document, language
        self._texts = _TEXTS.get(language, _TEXTS["en"])
        self._scripts = charts.PageScripts()
        self._widgets = widgets.SavedWidgets(document.get("metadata"), self)

    def written(self) -> str:
        name = escape(self._name)
        styles = f"{_STYLE}{_COLOURS}{charts.STYLE}{widgets.STYLE}"
        parts = [
            f"<!doctype html>\n<html lang='{self._language}'>\n<head>\n<meta charset='utf-8'>\n",
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n',
            "<meta name='viewport' content='width=device-width'>\n",
            f"<title>{name}</title>\n<style>{styles}</style>\n</head>\n<body>\n<h1>{name}</h1>\n",
        ]
        size = 0
        for cell in _dicts(self._document.get("cells")):
            for part in self._cell(cell):
                fits = size + len(part) < MAX_BYTES
                size += len(part) if fits else 0
                parts.append(part if fits else self.note("left out"))
        return "".join([*parts, self._scripts.elements(), "</body>\n</html>\n"])

    def _cell(self, cell: dict[str, Any]) -> Iterator[str]:
        source = _text(cell.get("source"))
        kind = cell.get("cell_type")
        if kind == "markdown":
            yield f"<section class='cell'>{self._markdown(source, cell.get('attachments'))}</section>\n"
        elif kind == "raw":
            yield f"<section class='cell'><pre>{escape(source)}</pre></section>\n"
        elif kind == "code":
            count = cell.get("execution_count")
            number = f"<div class='count'>[{count}]</div>" if isinstance(count, int) else ""
            yield f"<section class='cell'>{number}<div class='code'><pre>{_highlighted(source)}</pre></div></section>\n"
            for output in _dicts(cell.get("outputs")):
                drawn = self._output(output)
                if drawn:
                    yield f"<section class='output'>{drawn}</section>\n"
            metadata = cell.get("metadata")
            for chart in _dicts(metadata.get(TABLE_CHARTS)) if isinstance(metadata, dict) else ():
                drawn = self._scripts.table_chart(chart, self.note("table chart"))
                yield f"<section class='output'>{drawn}</section>\n"

    def _output(self, output: dict[str, Any]) -> str:
        kind = output.get("output_type")
        if kind == "stream":
            return f"<pre>{escape(_plain(_text(output.get('text'))))}</pre>"
        if kind == "error":
            lines = output.get("traceback")
            text = "\n".join(str(line) for line in lines) if isinstance(lines, list) else ""
            said = text or f"{output.get('ename', '')}: {output.get('evalue', '')}"
            return f"<div class='error'><pre>{escape(_plain(said))}</pre></div>"
        data = output.get("data")
        return self._data(data) if isinstance(data, dict) else ""

    def _data(self, data: dict[str, Any]) -> str:
        """Draw the richest representation that needs nothing from elsewhere."""
        picture = f'<img alt="" src="{address}">' if (address := _picture(data)) else ""
        text = _preformatted(_plain(_text(data.get("text/plain"))))
        if chart := self._scripts.chart(data, picture or self.note("chart") + text):
            return chart
        if VIEW in data:
            view = data[VIEW]
            widget = self._widgets.drawn(view.get("model_id") if isinstance(view, dict) else None)
            return self.note("widget") + text if widget is None else widget
        return picture or self._markup(data) or text

    def _markup(self, data: dict[str, Any]) -> str:
        """Draw a representation as text with elements, if there is one; say so where there is another one only."""
        if "text/html" in data or "image/svg+xml" in data:
            return self.markup(_text(data.get("text/html", data.get("image/svg+xml"))))
        if "text/markdown" in data:
            return self._markdown(_text(data["text/markdown"]), None)
        for kind in ("application/javascript", "text/javascript"):
            if kind in data:
                return self.markup(_ELEMENT.format(_text(data[kind]).replace("</script", "<\\/script")))
        if "text/latex" in data:
            formulas = Formulas(_text(data["text/latex"]))
            return f"<div>{formulas.put_back(escape(formulas.rest), self._scripts.formula)}</div>"
        for kind in ("application/json", "application/geo+json"):
            if kind in data:
                return _preformatted(json.dumps(data[kind], ensure_ascii=False, indent=2))
        text = _preformatted(_plain(_text(data.get("text/plain"))))
        return "" if set(data) <= {"text/plain"} else self.note("not drawn") + text

    def _markdown(self, source: str, attachments: Any) -> str:
        formulas = Formulas(source)
        return formulas.put_back(_markdown(formulas.rest, attachments), self._scripts.formula)

    # What widgets need

    def outputs(self, outputs: Any) -> str:
        return "".join(f"<div>{self._output(one)}</div>" for one in _dicts(outputs))

    def markup(self, content: str) -> str:
        """Put HTML into a frame of an origin of its own, which may not leave it, open windows or load anything."""
        rows = content.count("<tr")
        height = min(600, 40 + 29 * rows) if rows and not _SCRIPT.search(content) else 420
        return self._scripts.frame(_FRAME_STYLE, content, height)

    def chart(self, data: dict[str, Any], instead: str) -> str | None:
        return self._scripts.chart(data, instead or self.note("chart"))

    def note(self, text: str) -> str:
        return f"<p class='note'>{escape(self._texts[text])}</p>"


def _picture(data: dict[str, Any]) -> str | None:
    """Return the address of a picture that is in the output or attachment itself."""
    for kind in _PICTURES:
        if kind in data and _BASE64.fullmatch(encoded := _text(data[kind])):
            return f"data:{kind};base64,{''.join(encoded.split())}"
    return None


def _markdown(source: str, attachments: Any) -> str:
    known = attachments if isinstance(attachments, dict) else {}

    def inline(found: re.Match[str]) -> str:
        bundle = known.get(unquote(found[1]), known.get(found[1]))
        return (_picture(bundle) if isinstance(bundle, dict) else None) or found[0]

    render = mistune.create_markdown(escape=True, plugins=["table", "strikethrough", "task_lists"])
    return str(render(_ATTACHMENT.sub(inline, source)))


def _highlighted(source: str) -> str:
    if len(source) > MAX_HIGHLIGHTED:
        return escape(source)
    magic = _CELL_MAGIC.match(source)
    lexer: Any = PythonLexer(stripnl=False)
    if magic and magic[1] in _MAGIC_LANGUAGES:
        try:
            lexer = get_lexer_by_name(_MAGIC_LANGUAGES[magic[1]], stripnl=False)
        except ClassNotFound:
            return escape(source)
    return str(highlight(source, lexer, HtmlFormatter(nowrap=True))).rstrip("\n")


def _plain(text: str) -> str:
    return _ANSI.sub("", text)


def _preformatted(text: str) -> str:
    return f"<pre>{escape(text)}</pre>" if text else ""


def _text(value: Any) -> str:
    """Return a multi-line string of nbformat: a text or a list of texts."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _dicts(value: Any) -> Iterable[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def main() -> None:
    """Read a notebook from standard input and write its page to standard output. Takes its name and a language."""
    _, hardest = resource.getrlimit(resource.RLIMIT_DATA)
    most = DATA_BYTES if hardest == resource.RLIM_INFINITY else min(DATA_BYTES, hardest)
    with contextlib.suppress(OSError, ValueError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    document = json.loads(sys.stdin.buffer.read())
    if not isinstance(document, dict):
        sys.exit("This is no notebook.")
    page = NotebookPage(sys.argv[1], document, sys.argv[2]).written()
    sys.stdout.buffer.write(page.encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
