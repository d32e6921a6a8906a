"""Writes a notebook as one HTML file that needs neither a server nor the network.

Scripts of outputs run in frames of an origin of their own, and the file's policy lets nothing load from elsewhere.
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

from handloom.store.notebooks.html import POLICY

MAX_BYTES = 200_000_000
"""The size of a file from which on outputs are left out, with a note in their place."""
DATA_BYTES = 3_000_000_000
"""Memory that writing may use."""
MAX_HIGHLIGHTED = 200_000
"""Characters of a cell that is coloured; a longer one is written as it is."""

_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]")
_ATTACHMENT = re.compile(r"attachment:([^\s)\"'>]+)")
_SCRIPT = re.compile(r"<script|<iframe|<object|<embed|\son\w+\s*=|<style|<svg", re.IGNORECASE)
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_MAGIC_LANGUAGES = {"sql": "sql", "html": "html", "bash": "bash", "sh": "bash", "javascript": "javascript"}
_LEFT_OUT = "This output is left out, because the file would be too large."
_NOT_DRAWN = "This output is drawn in Handloom only."

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
  body { margin: 0 auto; }
  img, iframe, tr { break-inside: avoid; }
  iframe { resize: none; }
}
table { border-collapse: collapse; } td, th { padding: 4px 10px; border: 1px solid var(--line); }
"""
_FRAME_STYLE = (
    "<style>body{margin:0;font:13px/1.5 system-ui,sans-serif;color:#242424;background:#fff}"
    "table{border-collapse:collapse}td,th{padding:4px 10px;border-bottom:1px solid #d1d1d1;text-align:right}</style>"
)
_COLOURS = """
.k,.kn,.ow,.kc{color:#0f6cbd}.s1,.s2,.sd,.sa,.se,.si{color:#a4262c}.c1,.cm,.ch{color:#616161}.mi,.mf{color:#107c10}
.nf,.nc,.fm{color:#5c2e91}
@media screen and (prefers-color-scheme: dark) {
.k,.kn,.ow,.kc{color:#62abf5}.s1,.s2,.sd,.sa,.se,.si{color:#e8a0a5}.c1,.cm,.ch{color:#adadad}.mi,.mf{color:#9fd89f}
.nf,.nc,.fm{color:#c6b1de}}
"""


def page(name: str, document: dict[str, Any]) -> str:
    """Return the notebook as an HTML page. Whatever is not as nbformat says is left out, not refused."""
    parts = [
        "<!doctype html>\n<html>\n<head>\n<meta charset='utf-8'>\n",
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n',
        "<meta name='viewport' content='width=device-width'>\n",
        f"<title>{escape(name)}</title>\n<style>{_STYLE}{_COLOURS}</style>\n</head>\n<body>\n",
        f"<h1>{escape(name)}</h1>\n",
    ]
    size = 0
    for cell in _dicts(document.get("cells")):
        for part in _cell(cell):
            size += len(part)
            parts.append(part if size < MAX_BYTES else _note(_LEFT_OUT))
            if size >= MAX_BYTES:
                size -= len(part)
    return "".join([*parts, "</body>\n</html>\n"])


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    source = _text(cell.get("source"))
    kind = cell.get("cell_type")
    if kind == "markdown":
        yield f"<section class='cell'>{_markdown(source, cell.get('attachments'))}</section>\n"
    elif kind == "raw":
        yield f"<section class='cell'><pre>{escape(source)}</pre></section>\n"
    elif kind == "code":
        count = cell.get("execution_count")
        number = f"<div class='count'>[{count}]</div>" if isinstance(count, int) else ""
        yield f"<section class='cell'>{number}<div class='code'><pre>{_highlighted(source)}</pre></div></section>\n"
        for output in _dicts(cell.get("outputs")):
            drawn = _output(output)
            if drawn:
                yield f"<section class='output'>{drawn}</section>\n"


def _output(output: dict[str, Any]) -> str:
    kind = output.get("output_type")
    if kind == "stream":
        return f"<pre>{escape(_plain(_text(output.get('text'))))}</pre>"
    if kind == "error":
        lines = output.get("traceback")
        text = "\n".join(str(line) for line in lines) if isinstance(lines, list) else ""
        said = text or f"{output.get('ename', '')}: {output.get('evalue', '')}"
        return f"<div class='error'><pre>{escape(_plain(said))}</pre></div>"
    data = output.get("data")
    return _data(data) if isinstance(data, dict) else ""


def _data(data: dict[str, Any]) -> str:
    """Draw the richest representation that needs nothing from elsewhere."""
    if picture := _picture(data):
        return f'<img alt="" src="{picture}">'
    for kind, draw in _DRAWN:
        if kind in data:
            return draw(_text(data[kind]))
    note = "" if set(data) <= {"text/plain"} else _note(_NOT_DRAWN)
    text = _plain(_text(data.get("text/plain")))
    return f"{note}<pre>{escape(text)}</pre>" if text or note else ""


def _picture(data: dict[str, Any]) -> str | None:
    """Return the address of a picture that is in the output or attachment itself."""
    for kind in _PICTURES:
        if kind in data and _BASE64.fullmatch(encoded := _text(data[kind])):
            return f"data:{kind};base64,{''.join(encoded.split())}"
    return None


def _frame(content: str) -> str:
    """Put HTML into a frame of an origin of its own, which may not leave it, open windows or load anything."""
    rows = content.count("<tr")
    height = min(600, 40 + 29 * rows) if rows and not _SCRIPT.search(content) else 420
    document = escape(_FRAME_STYLE + content, quote=True)
    return f'<iframe sandbox="allow-scripts" style="height:{height}px" srcdoc="{document}"></iframe>'


def _markdown(source: str, attachments: Any) -> str:
    known = attachments if isinstance(attachments, dict) else {}

    def inline(found: re.Match[str]) -> str:
        bundle = known.get(unquote(found[1]), known.get(found[1]))
        return (_picture(bundle) if isinstance(bundle, dict) else None) or found[0]

    render = mistune.create_markdown(escape=True, plugins=["table", "strikethrough", "task_lists"])
    return str(render(_ATTACHMENT.sub(inline, source)))


_DRAWN = (
    ("text/html", _frame),
    ("image/svg+xml", _frame),
    ("text/markdown", lambda text: _markdown(text, None)),
    ("application/javascript", lambda text: _frame(f"<script>{text}</script>")),
    ("text/latex", lambda text: f"<pre>{escape(text)}</pre>"),
)


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


def _note(text: str) -> str:
    return f"<p class='note'>{escape(text)}</p>"


def _text(value: Any) -> str:
    """Return a multi-line string of nbformat: a text or a list of texts."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _dicts(value: Any) -> Iterable[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def main() -> None:
    """Read a notebook from standard input and write its page to standard output. The argument is its name."""
    _, hardest = resource.getrlimit(resource.RLIMIT_DATA)
    most = DATA_BYTES if hardest == resource.RLIM_INFINITY else min(DATA_BYTES, hardest)
    with contextlib.suppress(OSError, ValueError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    document = json.loads(sys.stdin.buffer.read())
    if not isinstance(document, dict):
        sys.exit("This is no notebook.")
    sys.stdout.buffer.write(page(sys.argv[1], document).encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
