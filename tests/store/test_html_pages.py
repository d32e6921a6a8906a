"""Notebooks as HTML files: what is in them, that they load and run nothing outside of frames, and hostile content."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from handloom.domain.errors import Invalid, NotFound
from handloom.store.notebooks.html import written
from handloom.store.notebooks.html.charts import SCRIPT
from handloom.store.notebooks.html.formulas import Formulas
from running import ROOT


class Parts(HTMLParser):
    """The elements of a page with their attributes, and its text outside of frames."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts[-1] += data
        else:
            self.text += data

    def elements_of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for _, attributes in self.elements if attributes.get("class") == name]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page(
    tmp_path: Path, *cells: dict[str, Any], name: str = "모델", metadata: Any = None, language: str = "en"
) -> Parts:
    file = tmp_path / "n.ipynb"
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata or {}, "cells": cells}
    file.write_text(json.dumps(document))
    return Parts(written(name, file, language=language).decode())


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "execution_count": 3, "metadata": {}, "outputs": list(outputs)}


def shown(**data: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {k.replace("_", "/"): v for k, v in data.items()}}


def markdown(source: str | list[str], **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source, **more}


def test_a_page_has_cells_texts_pictures_and_tables(tmp_path: Path) -> None:
    found = page(
        tmp_path,
        markdown(
            ["# Title\n", "| a | b |\n|---|---|\n| 1 | 2 |\n\n", "![x](attachment:x.png)"],
            attachments={"x.png": {"image/png": "aGk="}},
        ),
        code("값 = 1\nprint(값)", {"output_type": "stream", "name": "stdout", "text": ["\x1b[31m한글\x1b[0m <b>\n"]}),
        code(
            "1 / 0", {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[0;31mlast line\x1b[0m"]}
        ),
        code("plot", shown(image_png="aGVs\nbG8=", text_plain="<Figure>")),
        code("df", shown(text_html="<table><tr><td>cell</td></tr></table>", text_plain="text of df")),
        code("w", {"output_type": "display_data", "data": {"application/x-own": {}, "text/plain": "own text"}}),
    )
    assert "모델" in found.text
    assert [one["src"] for one in found.all("img")] == ["data:image/png;base64,aGk=", "data:image/png;base64,aGVsbG8="]
    for text in ("Title", "값", "한글 <b>", "last line", "own text", "drawn in Handloom only"):
        assert text in found.text, text
    assert "\x1b" not in found.text
    assert "text of df" not in found.text
    assert len(found.all("table")) == 1  # of the text; the output's is in the frame
    (frame,) = found.all("iframe")
    assert frame["sandbox"] == "allow-scripts"
    assert "<td>cell</td>" in str(frame["srcdoc"])


def test_nothing_runs_or_loads_outside_of_frames(tmp_path: Path) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    leaving = '"></iframe><script>alert(1)</script>'
    found = page(
        tmp_path,
        markdown(f"{attack}\n\n[x](javascript:alert(1)) ![y](https://example.com/y.png) <a href='javascript:1'>z</a>"),
        code(attack, {"output_type": "stream", "text": attack}, {"output_type": "error", "traceback": [attack]}),
        code("1", shown(text_html=leaving), shown(text_plain=attack), shown(text_latex=attack)),
        code("2", {"output_type": "display_data", "data": {"image/svg+xml": f"<svg onload='alert(1)'/>{leaving}"}}),
        code("3", {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}}),
        code("4", shown(image_png=f'" onerror="alert(1){leaving}', text_plain="no picture")),
        code("5", shown(text_markdown=attack)),
        name=leaving,
    )
    assert found.scripts == [SCRIPT]
    assert not any(name.startswith("on") for _, attributes in found.elements for name in attributes)
    assert not any("javascript:" in str(one.get("href")) for one in found.all("a"))
    assert [set(one) for one in found.all("iframe")] == [{"sandbox", "style", "srcdoc"}] * 3
    assert {one["sandbox"] for one in found.all("iframe")} == {"allow-scripts"}
    (policy,) = [one["content"] for one in found.all("meta") if one.get("http-equiv")]
    assert str(policy).startswith("default-src 'none'")
    assert "http" not in str(policy)


VIEW = "application/vnd.jupyter.widget-view+json"


def widget(model: str, text: str = "") -> dict[str, Any]:
    data = {VIEW: {"version_major": 2, "version_minor": 0, "model_id": model}, "text/plain": text}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def saved(**states: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """The metadata of a notebook with the states of widgets: the name of each model, and its state."""
    models = {
        model: {"model_name": f"{name}Model", "model_module": "@jupyter-widgets/controls", "state": state}
        for model, (name, state) in states.items()
    }
    kept = {"version_major": 2, "version_minor": 0, "state": models}
    return {"widgets": {"application/vnd.jupyter.widget-state+json": kept}}


def test_widgets_are_shown_as_they_were_saved(tmp_path: Path) -> None:
    metadata = saved(
        slider=("IntSlider", {"value": 7, "description": "깊이"}),
        untouched=("FloatSlider", {}),
        bar=("FloatProgress", {"value": 20.0, "max": 20.0}),
        left=("HTML", {"value": "steps: 100%"}),
        right=("HTML", {"value": "&nbsp;20/20 [00:00&lt;00:00]"}),
        box=("HBox", {"children": ["IPY_MODEL_left", "IPY_MODEL_bar", "IPY_MODEL_right"]}),
        choice=("Dropdown", {"_options_labels": ["gini", "entropy"], "index": 1}),
        several=("SelectMultiple", {"_options_labels": ["a1", "b2", "c3"], "index": [0, 2]}),
        tabs=("Tab", {"children": ["IPY_MODEL_choice", "IPY_MODEL_several"], "titles": ["첫째", "둘째"]}),
        out=("Output", {"outputs": [{"output_type": "stream", "name": "stdout", "text": "from the callback"}]}),
        secret=("Password", {"value": "hunter2"}),
        rich=("HTML", {"value": "<b>bold</b><i onclick='alert(1)'>it</i>"}),
        map=("LeafletMap", {}),
    )
    shown = ["slider", "untouched", "box", "tabs", "out", "secret", "rich"]
    found = page(tmp_path, code("w", *map(widget, shown), widget("map", "Map(center=[1, 2])")), metadata=metadata)
    for text in ("깊이7", "steps: 100%", "20/20 [00:00<00:00]", "entropy", "첫째", "a1c3", "from the callback"):
        assert text in found.text, text
    assert "gini" not in found.text
    assert "b2" not in found.text
    assert "hunter2" not in found.text
    assert [one["value"] for one in found.all("progress")] == ["1.0000"]
    assert found.all("i") == [{}]
    assert "Map(center=[1, 2])" in found.text
    assert "was not saved with the notebook" in found.text


def test_a_widget_without_its_state_is_said_in_the_persons_language(tmp_path: Path) -> None:
    found = page(tmp_path, code("w", widget("gone", "IntSlider(value=3)")), language="ko")
    assert "IntSlider(value=3)" in found.text
    assert "저장되어 있지 않습니다" in found.text


def test_charts_of_a_displayed_table_bring_their_library_along_once(tmp_path: Path) -> None:
    cell = code("display(df)", shown(text_html="<table></table>"))
    kept = {"id": "a", "type": "bar", "title": "</script><b>", "numbers": None}
    charted = cell | {"metadata": {"handloom_charts": [kept, kept]}}
    found = page(tmp_path, charted, charted, language="ko")
    charts = [one for one in found.all("div") if one.get("data-chart") == "table"]
    assert len(charts) == 4
    assert [json.loads(one) for one in found.scripts if '"id":"a"' in one] == [kept] * 4
    assert len([one for one in found.all("script") if one.get("data-kind") == "table"]) == 1
    assert "아직 계산되지 않았습니다" in found.text
    assert [one for one in page(tmp_path, cell).all("script") if one.get("data-kind")] == []


FORMULAS = r"""Costs \$5, `$code$` and $a_1*b_2*c < d$.

$$
\int_0^1 x\,dx
$$

```
$fenced$
```

\begin{align}a &= b\end{align}

Text \\(e_1\\) and $5

and 6$."""


def test_formulas_of_markdown_and_latex_are_kept_for_the_library_which_is_there_once(tmp_path: Path) -> None:
    latex = shown(text_latex=r"so $\frac{a}{b}$ is", text_plain="a/b")
    found = page(tmp_path, markdown(FORMULAS), code("e", latex))
    formulas = [one["data-tex"] for one in found.elements_of("math")]
    assert formulas == [
        r"\(a_1*b_2*c < d\)",
        "\\[\n\\int_0^1 x\\,dx\n\\]",
        r"\begin{align}a &= b\end{align}",
        r"\(e_1\)",
        r"\(\frac{a}{b}\)",
    ]
    for text in ("Costs $5, $code$", "$fenced$", "and $5", "and 6$.", r"so $\frac{a}{b}$ is"):
        assert text in found.text
    assert len([one for one in found.all("script") if one.get("data-kind") == "math"]) == 1
    assert [one for one in page(tmp_path, markdown("costs $5")).all("script") if one.get("data-kind")] == []


def test_made_up_widgets_end(tmp_path: Path) -> None:
    wide = [f"IPY_MODEL_{n}" for n in ("a", "b")] * 4
    metadata = saved(
        a=("VBox", {"children": wide}),
        b=("VBox", {"children": wide}),
        html=("HTML", {"value": "<img src=x onerror=alert(1)>"}),
        odd=("Image", {"format": '"><script>'}),
        label=("IntSlider", {"description": "<script>alert(1)</script>", "value": "<b>", "max": "x"}),
    )
    metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]["odd"]["buffers"] = [
        {"path": ["value"], "data": "aGk=", "encoding": "base64"},
        {"path": ["value"], "data": '" onerror="alert(1)', "encoding": "base64"},
        {"path": 3, "data": None},
    ]
    found = page(tmp_path, code("w", *map(widget, ("a", "html", "odd", "label"))), metadata=metadata)
    assert found.scripts == [SCRIPT]
    assert not any(name.startswith("on") for _, attributes in found.elements for name in attributes)
    assert found.all("img") == []
    assert len(found.all("div")) < 20_000


PLOTLY = "application/vnd.plotly.v1+json"
VEGA = "application/vnd.vegalite.v5+json"


def figure(**data: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": data}


BUILT = pytest.mark.skipif(not (ROOT / "src/handloom/static/manifest.json").exists(), reason="the pages are not built")


def contents(found: Parts) -> list[Any]:
    """What the charts of a page are drawn from."""
    scripts = zip(found.scripts, found.all("script"), strict=True)
    return [json.loads(text) for text, one in scripts if one.get("type") == "application/json"]


@BUILT
def test_charts_bring_their_library_once_and_keep_what_they_are_drawn_from(tmp_path: Path) -> None:
    attack = "</script><script>alert(1)</script>"
    chart = figure(**{PLOTLY: {"data": [{"y": [1, 2], "name": attack}], "layout": {}}, "text/html": "<p>other</p>"})
    spec = figure(**{VEGA: {"mark": "bar"}, "text/plain": "alt.Chart(...)"})
    found = page(tmp_path, code("1", chart, chart), code("2", spec))
    names = [one["data-library"] for one in found.all("script") if "data-library" in one]
    assert names == ["plotly-0", "vega-0", "vega-1", "vega-2"]
    assert [one.get("mark") or one["data"][0]["name"] for one in contents(found)] == [attack, attack, "bar"]
    assert sum(text == SCRIPT for text in found.scripts) == 1
    assert len(found.scripts) == 8
    assert "alt.Chart(...)" in found.text  # until the script has drawn it
    assert not [one for one in page(tmp_path, code("1", shown(text_plain="x"))).all("script") if one]


@BUILT
def test_figures_that_are_widgets_are_drawn_with_their_arrays(tmp_path: Path) -> None:
    array = {"buffer": {}, "dtype": "float64", "shape": [3]}
    metadata = saved(figure=("Any", {"_widget_data": [{"type": "bar", "y": array}], "_widget_layout": {"height": 9}}))
    states = metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    path = ["_widget_data", 0, "y", "buffer"]
    states["figure"]["buffers"] = [{"path": path, "data": "AAAAAAAA+D8=", "encoding": "base64"}]
    (content,) = contents(page(tmp_path, code("w", widget("figure")), metadata=metadata))
    assert content["data"] == [{"type": "bar", "y": {"dtype": "f8", "bdata": "AAAAAAAA+D8=", "shape": "3"}}]
    assert content["layout"] == {"height": 9}


def test_a_library_in_an_output_is_kept_once_and_given_to_later_outputs(tmp_path: Path) -> None:
    library = "window.lib = {};" * 4_000
    found = page(
        tmp_path,
        code("load", shown(text_html=f"<p>ready</p><script>{library}</script>")),
        code("use", shown(text_html="<div></div><script>lib.draw()</script>"), shown(text_html="<p>no script</p>")),
    )
    first, second, third = found.all("iframe")
    assert (first["data-shared"], second["data-shared"]) == ("", "shared-0")
    assert "window.lib" not in str(first["data-content"])
    assert '<script data-library="shared-0"></script>' in str(first["data-content"])
    assert "no script" in str(third["srcdoc"])
    assert [one["data-library"] for one in found.all("script") if "data-library" in one] == ["shared-0"]


def test_a_file_that_is_no_notebook_is_refused_or_has_what_can_be_read(tmp_path: Path) -> None:
    assert "n" in page(tmp_path, {}, code("1", {}, {"output_type": "stream"}), markdown("n")).text
    odd = {
        "cells": [None, 1, {"cell_type": "code", "source": [1, "a"], "outputs": [3, {"output_type": "display_data"}]}]
    }
    file = tmp_path / "odd.ipynb"
    file.write_text(json.dumps(odd))
    assert "a" in Parts(written("odd", file).decode()).text
    for content in ("{", "[]", "7", "\ud800".encode("utf-8", "surrogatepass")):
        broken = tmp_path / "broken.ipynb"
        broken.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(Invalid):
            written("broken", broken)
    with pytest.raises(NotFound):
        written("gone", tmp_path / "gone.ipynb")
    link = tmp_path / "link.ipynb"
    link.symlink_to(file)
    with pytest.raises(NotFound):
        written("link", link)
    deep = tmp_path / "deep.ipynb"
    deep.write_text('{"cells":' + "[" * 200_000)
    with pytest.raises(Invalid):
        written("deep", deep)


@pytest.mark.parametrize("part", ["\\begin{a}", "\\\\(", "\\\\[", "$a\n\n", "```x\n", "$", "``a`"])
def test_text_that_opens_formulas_again_and_again_takes_no_longer_than_others(part: str) -> None:
    """A megabyte of it took hours, in which the server answered nothing: far more than a test may take."""
    text = part * (1_000_000 // len(part))
    formulas = Formulas(text)
    assert formulas.put_back(formulas.rest, lambda one: one.source) == text


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        ("It costs $5.", []),
        ("$a$ and $$b$$ and \\\\(c\\\\) and \\\\[d\\\\]", ["\\(a\\)", "\\[b\\]", "\\(c\\)", "\\[d\\]"]),
        ("\\begin{align*}x\\end{align*}", ["\\begin{align*}x\\end{align*}"]),
        ("`$a$` ``$b` $c$`` $d$", ["\\(d\\)"]),
        ("```\n$a$\n```\n$b$", ["\\(b\\)"]),
        ("~~~\n$a$", []),  # code that is never closed goes on to the end
        ("$a\n\nb$", []),
        ("\\$1 and $x\\$y$", ["\\(x\\$y\\)"]),
    ],
)
def test_what_is_a_formula(text: str, formulas: list[str]) -> None:
    found = Formulas(text)
    shown = found.put_back(found.rest, lambda one: f"\0{one.tex}\0")
    assert shown.split("\0")[1::2] == formulas
