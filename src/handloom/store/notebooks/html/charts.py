"""Charts in a notebook's HTML file: their libraries, packed, once in the file, and the script that draws them."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from handloom.store.notebooks.html.formulas import Formula

STATIC = Path(__file__).parents[3] / "static"
"""The built UI, whose chart libraries the file gets."""
PLOTLY = "application/vnd.plotly.v1+json"
LIBRARIES: dict[str, tuple[str, ...]] = {
    "plotly": ("node_modules/plotly.js-dist-min/plotly.min.js",),
    "vega": tuple(f"node_modules/{one}/build/{one}.min.js" for one in ("vega", "vega-lite", "vega-embed")),
    "table": ("src/pages/notebooks/frame/charts/exportedChart.ts",),
    "math": ("node_modules/mathjax-full/es5/tex-svg-full.js",),
}
"""The UI's files by the kind of chart, or for formulas, in the order in which they are run."""
SHARED_LENGTH = 30_000
"""Characters from which on a script in an output is taken for a library, which outputs of later cells rely on."""

_VEGA = re.compile(r"application/vnd\.(vega|vegalite)\.v[2-6][+.]json")
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc\s*=)[^>]*>(.*?)</script\s*>", re.IGNORECASE | re.DOTALL)
_ENCODED = re.compile(r"[A-Za-z0-9+/=]{60,}\\?\n?")

STYLE = """
div.math { overflow-x: auto; text-align: center; }
.chart { overflow-x: auto; }
.chart.drawn { background: #fff; color: #242424; }
.chart .picture { cursor: pointer; }
@media print { .chart.drawn { overflow: visible; break-inside: avoid; zoom: var(--fit, .7); } }
"""

SCRIPT = r"""
(() => {
"use strict";
const HEAVY = /gl$|3d$|^(surface|cone|streamtube|volume|isosurface|splom|parcoords)$/;
const MAPS = /^(choropleth|scattergeo|choroplethmap|densitymap|scattermap)(box)?$/;
const PAPER = 660;
const frames = [...document.querySelectorAll("iframe[srcdoc], iframe[data-content]")];
const unpacked = new Map();
function unpack(name) {
  if (!unpacked.has(name)) {
    const node = document.querySelector(`script[data-library="${name}"]`);
    const bytes = Uint8Array.from(atob(node.textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    unpacked.set(name, new Response(stream).text());
  }
  return unpacked.get(name);
}
function run(code) {
  const script = document.createElement("script");
  script.textContent = code;
  document.head.append(script);
}
const loaded = new Map();
function load(kind) {
  if (!loaded.has(kind)) {
    const names = [...document.querySelectorAll(`script[data-kind="${kind}"]`)].map((one) => one.dataset.library);
    loaded.set(kind, names.reduce((before, name) => before.then(() => unpack(name)).then(run), Promise.resolve()));
  }
  return loaded.get(kind);
}
async function plotly(node, { data = [], layout = {}, config = {} }) {
  if (data.some((trace) => MAPS.test(trace.type))) return false;
  await load("plotly");
  const kept = { responsive: true, displaylogo: false, ...config, showSendToCloud: false }; // it uploads the data
  const draw = (target) =>
    Plotly.newPlot(target, data, { height: 450, ...layout }, kept);
  await draw(node);
  // browsers keep a few drawings of this kind alive: the others would turn blank
  if (data.some((trace) => HEAVY.test(trace.type))) {
    const picture = new Image();
    const { width, height } = node._fullLayout;
    picture.src = await Plotly.toImage(node, { format: "png", scale: 2, width, height });
    picture.width = width;
    picture.className = "picture";
    await picture.decode();
    Plotly.purge(node);
    node.replaceChildren(picture);
    picture.addEventListener("click", () => { node.replaceChildren(); void draw(node); });
  }
  return true;
}
async function vega(node, spec) {
  await load("vega");
  const options = { mode: node.dataset.mode, actions: false, ast: true, renderer: "svg" };
  await vegaEmbed(node, spec, options);
  return true;
}
async function table(node, content) {
  await load("table");
  return drawFrameChart(node, content);
}
const kinds = { plotly, vega, table };
async function chart(node) {
  const target = document.createElement("div");
  if (node.dataset.mode) target.dataset.mode = node.dataset.mode;
  const content = JSON.parse(node.querySelector("script[type='application/json']").textContent);
  const instead = [...node.childNodes];
  node.append(target);
  node.classList.add("drawn");
  try {
    if (await kinds[node.dataset.chart](target, content)) {
      for (const one of instead) one.remove();
      const width = Math.max(target.scrollWidth, ...[...target.children].map((one) => one.scrollWidth));
      node.style.setProperty("--fit", Math.min(1, PAPER / width));
      return;
    }
  } catch (error) {
    console.warn(error);
  }
  target.remove();
  node.classList.remove("drawn");
}
async function formulas() {
  const nodes = [...document.querySelectorAll(".math")];
  if (!nodes.length || !document.querySelector("script[data-kind=math]")) return;
  window.MathJax = { startup: { typeset: false }, options: { enableMenu: false }, svg: { fontCache: "global" } };
  await load("math");
  await MathJax.startup.promise;
  for (const node of nodes) node.textContent = node.dataset.tex;
  await MathJax.typesetPromise(nodes);
}
async function frame(node) {
  if (!node.dataset.content) return;
  const names = node.dataset.shared.split(" ").filter(Boolean);
  const shared = await Promise.all(names.map(unpack));
  const parts = node.dataset.content.split(/(<script data-library="[\w-]+"><\/script>)/);
  const own = await Promise.all(parts.map((part) => {
    const [, name] = /^<script data-library="([\w-]+)">/.exec(part) ?? [];
    return name ? unpack(name).then((code) => `<script>${code}</` + "script>") : part;
  }));
  const done = new Promise((resolve) => node.addEventListener("load", resolve, { once: true }));
  node.srcdoc = node.dataset.head + shared.map((code) => `<script>${code}</` + "script>").join("") + own.join("");
  await done;
}
addEventListener("message", ({ source, data }) => {
  const node = frames.find((one) => one.contentWindow === source);
  const height = Number(data && data.height);
  if (node && height > 0) node.style.height = `${Math.min(20000, Math.ceil(height))}px`;
});
window.drawn = (async () => {
  await formulas().catch(console.warn);
  for (const node of document.querySelectorAll(".chart")) {
    await chart(node);
    await new Promise((resolve) => setTimeout(resolve));
  }
  await Promise.all(frames.map((node) => frame(node).catch(console.warn)));
})();
})();
"""

FRAME_SCRIPT = (
    "<script>(()=>{const tell=()=>{const body=document.body;if(body)parent.postMessage({height:"
    "Math.max(body.scrollHeight,body.getBoundingClientRect().bottom+scrollY)},'*')};"
    "addEventListener('load',()=>{tell();new ResizeObserver(tell).observe(document.body);setTimeout(tell,1000)})})()"
    "</script>"
)
"""Tells the page the height of a frame's content."""


@dataclass(kw_only=True)
class PageScripts:
    """What the page's elements need of its scripts: kinds of charts, and libraries that outputs brought along."""

    kinds: set[str] = field(default_factory=set)
    shared: list[str] = field(default_factory=list)

    def chart(self, data: dict[str, Any], instead: str) -> str | None:
        """Return the element of a chart; `instead` is shown where its script does not run. None if there is no chart,
        or no library in this installation."""
        for mime, content in data.items():
            found = _VEGA.fullmatch(mime)
            kind = "plotly" if mime == PLOTLY else "vega" if found else None
            if kind is None or not isinstance(content, dict) or not packed(kind):
                continue
            mode = f' data-mode="{"vega-lite" if found[1] == "vegalite" else "vega"}"' if found else ""
            return self._chart(kind, content, instead, mode)
        return None

    def table_chart(self, kept: dict[str, Any], instead: str) -> str:
        """Return the element of a chart that a person made of a displayed table."""
        return self._chart("table", kept, instead) if packed("table") else instead

    def formula(self, found: Formula) -> str:
        """Return the element of a formula, which is as it was typed where its script does not run."""
        self.kinds.add("math")
        tag, tex = ("div" if found.display else "span"), escape(found.tex, quote=True)
        return f'<{tag} class="math" data-tex="{tex}">{escape(found.source)}</{tag}>'

    def _chart(self, kind: str, content: dict[str, Any], instead: str, mode: str = "") -> str:
        self.kinds.add(kind)
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
        return (
            f'<div class="chart" data-chart="{kind}"{mode}>{instead}'
            f'<script type="application/json">{text}</script></div>'
        )

    def frame(self, head: str, content: str, height: int) -> str:
        """Return a frame, whose libraries are kept once in the page, and which gets those of the outputs before it."""
        before = " ".join(f"shared-{n}" for n in range(len(self.shared)))
        short = _INLINE_SCRIPT.sub(self._share, content)
        look = f'sandbox="allow-scripts" style="height:{height}px"'
        if (not before and short == content) or not re.search("<script", content, re.IGNORECASE):
            return f'<iframe {look} srcdoc="{escape(head + FRAME_SCRIPT + content, quote=True)}"></iframe>'
        return (
            f'<iframe {look} data-shared="{before}" data-head="{escape(head + FRAME_SCRIPT, quote=True)}" '
            f'data-content="{escape(short, quote=True)}"></iframe>'
        )

    def _share(self, found: re.Match[str]) -> str:
        code = found[1]
        if len(code) < SHARED_LENGTH or len(_ENCODED.sub("", code)) < SHARED_LENGTH:
            return found[0]
        if code not in self.shared:
            self.shared.append(code)
        return f'<script data-library="shared-{self.shared.index(code)}"></script>'

    def elements(self) -> str:
        """Return the libraries and the script that puts everything in its place."""
        parts = [
            _library(f"{kind}-{n}", content, f' data-kind="{kind}"')
            for kind in sorted(self.kinds)
            for n, content in enumerate(packed(kind))
        ]
        for n, code in enumerate(self.shared):
            parts.append(_library(f"shared-{n}", gzip.compress(code.encode("utf-8", "replace"), 6)))
        return "".join([*parts, f"<script>{SCRIPT}</script>\n"])


def _library(name: str, content: bytes, more: str = "") -> str:
    encoded = base64.b64encode(content).decode("ascii")
    return f'<script type="text/plain" data-library="{name}"{more}>{encoded}</script>\n'


def packed(kind: str) -> list[bytes]:
    """Return the gzipped libraries of a kind of chart; none where the UI is not built."""
    try:
        built = json.loads((STATIC / "manifest.json").read_bytes())
        names = [built[name]["file"] for name in LIBRARIES[kind]]
        return [(STATIC / f"{name}.gz").read_bytes() for name in names]
    except (OSError, KeyError, ValueError):
        return []
