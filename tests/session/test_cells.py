"""Which names cells use and change, and which cells are stale after others ran. Nothing is executed here."""

from __future__ import annotations

import pytest

from handloom.session.cells.history import CONSOLE, CellHistory, Reason, behind, evaluate
from handloom.session.cells.names import analyse

NAMES = {
    "x = a + 1": ("a", "x", ""),
    "x = 1\nprint(x)": ("print", "x", ""),
    "x += 1": ("x", "x", ""),
    "import numpy as np, os.path\nnp.array(a)": ("a", "np os", ""),
    "from m import a as b, c": ("", "b c", ""),
    "df['x'] = df['y'] * 2": ("df", "", "df"),
    "df.loc[mask, 'x'] = 0": ("df mask", "", "df"),
    "a.b.c = d": ("a d", "", "a"),
    "del df['x']": ("df", "", "df"),
    "del df": ("df", "", "df"),
    "items.append(x)": ("items x", "", "items"),
    "df.head()": ("df", "", ""),
    "df.dropna(inplace=True)": ("df", "", "df"),
    "df.dropna(inplace=False)": ("df", "", ""),
    "model.fit(X, y)": ("X model y", "", "model"),
    "ax.set_title(t)": ("ax t", "", "ax"),
    "if a:\n    x = 1": ("a", "", "x"),
    "if a:\n    x = 1\nelse:\n    x = 2": ("a", "x", ""),
    "if a:\n    x = 1\nelse:\n    raise E": ("E a", "x", ""),
    "try:\n    import x\nexcept ImportError:\n    x = None": ("ImportError", "x", ""),
    "for i in rows:\n    s = i\nprint(i)": ("i print rows", "", "i s"),
    "with open(p) as f:\n    t = f.read()": ("open p", "f t", ""),
    "[i * k for i in rows if i]": ("k rows", "", ""),
    "{k: v for k, v in pairs}": ("pairs", "", ""),
    "rows.map(lambda r: r + k)": ("k rows", "", ""),
    "(n := len(a))": ("a len", "n", ""),
    "a, (b, *c) = d": ("d", "a b c", ""),
    "def f(x, y=k):\n    z = x + g\n    return z": ("k", "f", ""),
    "def f():\n    return g\nf()": ("g", "f", ""),
    "def f():\n    global n\n    n = 1\nf()": ("", "f", "n"),
    "class A(B):\n    k = 1\n    def m(self):\n        return k2": ("B", "A", ""),
    "@wrap\ndef f(): ...": ("wrap", "f", ""),
    "match p:\n    case [x, *_]:\n        y = x": ("p", "", "x y"),
    "try:\n    f()\nexcept E as e:\n    print(e)": ("E f print", "", ""),
    "print(f'{a:{w}}')": ("a print w", "", ""),
    "r = await load(a)": ("a load", "r", ""),
    "%time x = load(a)": ("a load", "x", ""),
    "%%time\nx = a": ("a", "x", ""),
    "%%capture out\nx = a": ("a", "out x", ""),
    "%%bash\nx=1": ("", "", ""),
    "files = !ls\nfiles[0]": ("", "files", ""),
    "!pip install a\nx = 1\nx?": ("", "x", ""),
    "%matplotlib inline\ny = x": ("x", "y", ""),
    's = """\n%d of !them\n"""': ("", "s", ""),
    "this is no python": ("", "", ""),
    "": ("", "", ""),
}


@pytest.mark.parametrize("source", NAMES)
def test_the_names_of_a_cell_are_found_without_running_it(source: str) -> None:
    uses, defines, changes = NAMES[source]
    found = analyse(source)
    assert (" ".join(sorted(found.uses)), " ".join(sorted(found.defines))) == (uses, defines)
    assert " ".join(sorted(found.changes)) == changes


@pytest.mark.parametrize(
    ("source", "uses", "changes"),
    [
        ("%%sql\nSELECT * FROM sales s JOIN lake.`People` p", ["sales", "people"], []),
        ("%%sql\nCREATE OR REPLACE TEMP VIEW top AS SELECT * FROM sales -- of old", ["sales"], ["top"]),
        ("%%sql\nINSERT INTO lake.sales SELECT * FROM new", ["new"], ["sales"]),
        ("%%sql\nUPDATE sales SET a = 1", [], ["sales"]),
        ("spark.sql(f'SELECT * FROM sales WHERE a = {x}')", ["sales"], []),
        ("spark.table('lake.Sales')", ["sales"], []),
        ("df.createOrReplaceTempView('sales')", [], ["sales"]),
        ("df.write.mode('overwrite').saveAsTable('sales')", [], ["sales"]),
    ],
)
def test_tables_and_views_are_followed_from_python_and_sql(source: str, uses: list[str], changes: list[str]) -> None:
    found = analyse(source)
    assert {f"sql:{name}" for name in uses} <= found.uses
    assert [f"sql:{name}" for name in changes] == sorted(found.changes)


def judged(cells: dict[str, str], *ran: str) -> dict[str, Reason]:
    """Run cells in this order; `b=source` runs another source in the cell b. Return the stale ones."""
    history, now = CellHistory(), dict(cells)
    for one in ran:
        cell, edited, source = one.partition("=")
        if edited and cell:
            now[cell] = source
        history.begin(cell, source if not cell else now[cell])
    return {cell: found[0] for cell, found in evaluate(history.records, now.items()).items() if found[0]}


def changed(name: str, by: str) -> Reason:
    return Reason("changed", name, by)


LOAD = {"a": "df = load()", "b": "df['x'] = df['y'] * 2", "c": "df.describe()", "d": "k = len(df)", "e": "print(k)"}


def test_nothing_is_stale_after_all_cells_ran_in_order() -> None:
    assert judged(LOAD, *"abcde") == {}
    assert judged(LOAD, *"abcdeabcde") == {}


def test_a_cell_is_stale_when_one_above_ran_again() -> None:
    assert judged(LOAD, *"abcdea") == {
        "b": changed("df", "a"),
        "c": changed("df", "a"),
        "d": changed("df", "a"),
        "e": Reason("upstream", "k", "d"),
    }
    assert judged(LOAD, *"abcdeb") == {
        "c": changed("df", "b"),
        "d": changed("df", "b"),
        "e": Reason("upstream", "k", "d"),
    }


def test_cells_are_honest_again_when_they_ran_in_order() -> None:
    assert judged(LOAD, *"abcde", *"abcde"[1:]) == {}
    assert judged(LOAD, *"abcdea", *"bcd") == {"e": changed("k", "d")}


def test_a_cell_that_changes_its_own_input_is_not_stale_by_itself() -> None:
    assert judged(LOAD, *"abcdec") == {}
    assert judged({"a": "n = 1", "b": "n = n + 1"}, *"abbb") == {}


def test_a_redefinition_in_between_hides_what_is_above_it() -> None:
    cells = {"a": "df = load()", "b": "df = other()", "c": "print(df)"}
    assert judged(cells, *"abca") == {}
    assert judged(cells, *"abcb") == {"c": changed("df", "b")}


def test_a_cell_below_does_not_make_one_above_it_stale() -> None:
    assert judged({"a": "x = 1", "b": "print(x)", "c": "x = f()"}, *"abc") == {}


def test_the_same_import_function_or_constant_again_changes_nothing() -> None:
    cells = {"a": "import numpy as np\nN = 10\ndef f(x): return x", "b": "np.array(f(N))", "c": "import numpy as np"}
    assert judged(cells, *"abacb") == {}
    assert judged(cells, *"aba") == {}
    assert judged(cells, *"ab", "a=import numpy as np\nN = 11\ndef f(x): return x") == {"b": changed("N", "a")}
    assert judged(cells, *"ab", "a=import numpy as np\nN = 10\ndef f(x): return -x") == {"b": changed("f", "a")}


def test_what_a_function_uses_counts_where_it_is_called() -> None:
    cells = {"a": "rate = load()", "b": "def price(x):\n    return x * rate", "c": "price(1)"}
    assert judged(cells, *"abca") == {"c": changed("rate", "a")}


def test_a_function_that_changes_a_global_changes_it_where_it_is_called() -> None:
    cells = {"a": "log = []", "b": "def note():\n    log.append(1)", "c": "note()", "d": "len(log)"}
    assert judged(cells, *"abcdc") == {"d": changed("log", "c")}


def test_a_console_changes_what_cells_used() -> None:
    assert judged({"a": "x = 1", "b": "print(x)"}, "a", "b", "=x = f()") == {"b": changed("x", CONSOLE)}
    assert judged({"a": "x = 1", "b": "print(x)"}, "a", "b", "=y = f()") == {}


def test_modules_and_the_sessions_own_names_are_not_followed() -> None:
    cells = {"a": "import sys", "b": "sys.path.append('x')\nspark.conf.set_x(1)", "c": "sys.path, spark"}
    assert judged(cells, *"abcb") == {}


def test_an_edited_cell_and_those_below_it_are_stale() -> None:
    history = CellHistory()
    for cell in "ad":
        history.begin(cell, LOAD[cell])
    found = evaluate(history.records, [("a", "df = load('new')"), ("d", LOAD["d"] + "\n"), ("new", "df")])
    assert {cell: one[0] for cell, one in found.items()} == {"a": Reason("edited"), "d": Reason("upstream", "df", "a")}


def test_a_notebook_that_is_run_within_a_cell_belongs_to_the_cell() -> None:
    history = CellHistory()
    history.begin("a", "%run other")
    history.include("a", "df = load(path)")
    history.begin("b", "print(df)")
    history.begin("a", "%run other")
    record = history.include("a", "df = load(path)")
    assert ("path" in record.uses, record.writes["df"]) == (True, 3)
    assert evaluate(history.records, [("a", "%run other"), ("b", "print(df)")])["b"][0] == changed("df", "a")


def test_a_run_is_told_of_the_stale_cells_that_its_inputs_come_from_and_of_no_others() -> None:
    history = CellHistory()
    cells = {"a": "raw = load()", "b": "df = raw.dropna()", "c": "fit(df)", "z": "print(raw)"}
    for cell in (*"abcz", "a", "c"):
        history.begin(cell, cells[cell])
    assert behind(history.records, list(cells.items()), "c") == [{"cell": 2, "kind": "changed", "name": "raw", "by": 1}]


def test_500_cells_are_judged_at_once() -> None:
    history = CellHistory()
    cells = {f"c{i}": f"df['x{i}'] = df['x'] + {i}" for i in range(500)}
    cells = {"start": "df = load()", **cells}
    for cell, source in (*cells.items(), ("start", cells["start"])):
        history.begin(cell, source)
    assert sum(found[0] is not None for found in evaluate(history.records, cells.items()).values()) == 500
