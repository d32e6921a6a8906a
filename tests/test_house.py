"""Rules on sizes, names, imports and language, checked over every file that git tracks or would track."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

from handloom.api import root_routes
from handloom.api.mlflow import api as mlflow
from handloom.api.static import PAGES
from handloom.settings import OWN_PATHS

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "handloom"
MODULE_LINES, FUNCTION_LINES, UI_LINES, MAKE_TARGETS = 600, 60, 300, 14
BROAD_EXCEPT = {"api/routing.py", "session/page_requests.py", "supervision.py", "store/engine/database.py"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "service", "services"}
AMBIGUOUS_NAMES = {"whole", "told", "held", "hears", "strangers", "doors", "Place", "Wanted", "Answer", "Kept"}
GENERATED = {"ui/src/api/schema.ts", "ui/package-lock.json", "docs/openapi.json"}


@cache
def files(*patterns: str) -> list[Path]:
    """Files that are committed or not ignored."""
    said = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = sorted(set(said.stdout.decode().split("\0")) - {""})
    return [ROOT / name for name in names if (ROOT / name).is_file()]


@cache
def modules() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in files("*.py")}


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_module_fits_in_its_budget_of_lines() -> None:
    long = {short(path): lines(path) for path in modules() if lines(path) > MODULE_LINES}
    assert not long


def test_every_function_fits_in_its_budget_of_lines() -> None:
    long = [
        f"{short(path)}:{f.lineno} {f.name} has {f.end_lineno - f.lineno + 1} lines"
        for path, tree in modules().items()
        for f in functions(tree)
        if f.end_lineno is not None and f.end_lineno - f.lineno + 1 > FUNCTION_LINES
    ]
    assert not long


def test_every_file_of_the_ui_fits_in_its_budget_of_lines() -> None:
    written = [p for p in files("ui") if p.suffix in (".ts", ".tsx", ".css", ".js", ".mjs")]
    long = {short(p): lines(p) for p in written if short(p) not in GENERATED and lines(p) > UI_LINES}
    assert len(written) > 20
    assert not long


def test_every_module_opens_with_what_it_holds_in_one_to_three_sentences() -> None:
    wrong = []
    for path, tree in modules().items():
        text = ast.get_docstring(tree)
        if path.name == "__init__.py" and not tree.body:
            continue
        sentences = len(re.findall(r"[.!?](?:\s|$)", text.split("\n\n")[0])) if text else 0
        if not 1 <= sentences <= 3:
            wrong.append(f"{short(path)}: {sentences}")
    assert not wrong


def test_no_module_imports_itself_through_another() -> None:
    graph = grimp.build_graph("handloom", cache_dir=None)
    assert not cycles({m: graph.find_modules_directly_imported_by(m) for m in graph.modules})


def test_a_cycle_would_be_seen() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Knots of two or more modules that reach each other."""
    reach: dict[str, set[str]] = {}
    for start, first in graph.items():
        seen: set[str] = set()
        todo = list(first)
        while todo:
            one = todo.pop()
            if one not in seen:
                seen.add(one)
                todo.extend(graph.get(one, ()))
        reach[start] = seen
    knots = {tuple(sorted(o for o in reach[m] if m in reach.get(o, ()))) for m in graph if m in reach[m]}
    return [list(knot) for knot in sorted(knots)]


def test_the_domain_knows_only_the_standard_library_and_msgspec() -> None:
    allowed = {*sys.stdlib_module_names, "msgspec", "handloom"}
    for path, tree in modules().items():
        if path.is_relative_to(SOURCE / "domain"):
            assert imported(tree) <= allowed, short(path)


def imported(tree: ast.AST) -> set[str]:
    """The packages that a module imports, by their first name."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_the_server_process_loads_neither_mlflow_nor_pandas() -> None:
    heavy = ("mlflow", "pandas", "numpy", "pyarrow", "sklearn", "pyspark", "matplotlib", "alembic", "IPython")
    code = f"import handloom.app, sys; print([m for m in {heavy!r} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], cwd=SOURCE.parent, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_the_start_of_a_session_loads_none_of_what_its_hooks_wait_for() -> None:
    heavy = ("mlflow", "pandas", "numpy", "pyarrow", "sklearn", "pyspark", "matplotlib")
    code = f"import handloom.session.start, sys; print([m for m in {heavy!r} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], cwd=SOURCE.parent, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_imports_stand_at_the_top_outside_the_door_and_the_session() -> None:
    late = []
    for path, tree in modules().items():
        inside = path.is_relative_to(SOURCE) and not path.is_relative_to(SOURCE / "session")
        if inside and path != SOURCE / "cli.py":
            late += [
                f"{short(path)}:{n.lineno}"
                for f in functions(tree)
                for n in ast.walk(f)
                if isinstance(n, ast.Import | ast.ImportFrom)
            ]
    assert not late


def test_errors_are_caught_broadly_in_named_places_only() -> None:
    broad = []
    for path, tree in modules().items():
        if path.is_relative_to(SOURCE) and path.relative_to(SOURCE).as_posix() not in BROAD_EXCEPT:
            for node in ast.walk(tree):
                if isinstance(node, ast.ExceptHandler) and is_broad(node):
                    broad.append(f"{short(path)}:{node.lineno}")
    assert not broad


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler catches everything; cleaning up and raising again does not."""
    if isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None:
        return False
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {k.id for k in kinds if isinstance(k, ast.Name)}
    return handler.type is None or bool(names & {"Exception", "BaseException"})


def test_no_file_or_class_is_named_after_nothing() -> None:
    vague = [short(p) for p in files("src", "ui/src", "bench", "tests") if set(words(p)) & FORBIDDEN_NAMES]
    for path, tree in modules().items():
        if path.is_relative_to(SOURCE):
            named = [n.name for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
            vague += [f"{short(path)}: {n}" for n in named if re.search(r"(Manager|Service|Helper|Utils?|Base)$", n)]
    assert not vague


def words(path: Path) -> list[str]:
    inside = path.relative_to(ROOT)
    return [w for part in (*inside.parts[:-1], inside.name.split(".")[0]) for w in re.split(r"[_\-]", part.lower())]


def test_a_prefix_that_three_modules_of_a_folder_share_is_a_folder() -> None:
    shared: dict[tuple[Path, str], set[str]] = {}
    for path in files("src/*.py", "bench/*.py"):
        if path.parent.name != "versions":  # migrations begin with their numbers
            prefix = path.stem.strip("_").partition("_")[0]
            shared.setdefault((path.parent, prefix), set()).add(path.stem)
    assert not [sorted(names) for (_, prefix), names in shared.items() if prefix and len(names) >= 3]


def test_rows_are_read_by_name() -> None:
    """`row[0]` says nothing, and a new column in the middle of a SELECT moves every number after it."""
    positional = re.compile(r"\brow\[-?\d")
    stores = files("src/handloom/store", "src/handloom/api", "src/handloom/commands")
    wrong = [
        f"{short(path)}:{number}"
        for path in stores
        if path.suffix == ".py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if positional.search(line)
    ]
    assert not wrong


def test_no_two_classes_have_the_same_name() -> None:
    found: dict[str, list[str]] = {}
    for path, tree in modules().items():
        if path.is_relative_to(SOURCE):
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found.setdefault(node.name, []).append(short(path))
    assert len(found) > 500
    assert {name: paths for name, paths in found.items() if len(paths) > 1} == {}


def test_no_name_is_a_word_that_once_had_several_meanings() -> None:
    """`whole` was the name of thirteen functions, and `told`, `held` and `hears` stood for payloads and connections."""
    wrong = []
    for path, tree in modules().items():
        if path.is_relative_to(SOURCE):
            for node in ast.walk(tree):
                name = getattr(node, "name", None) or getattr(node, "arg", None) or getattr(node, "id", None)
                if name in AMBIGUOUS_NAMES:
                    wrong.append(f"{short(path)}:{node.lineno} {name}")  # type: ignore[attr-defined]
    assert not wrong


def test_no_test_puts_a_mock_in_the_place_of_the_thing() -> None:
    mocked = [short(p) for p, tree in modules().items() if mocks(tree)]
    mocked += [short(p) for p in files("ui/src") if re.search(r"\bvi\.mock\(", p.read_text(encoding="utf-8"))]
    assert not mocked


def mocks(tree: ast.Module) -> bool:
    if imported(tree) & {"mock", "pytest_mock", "responses", "respx", "requests_mock", "moto"}:
        return True
    sources = [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module]
    return any(module.startswith("unittest") for module in sources)


def test_tests_are_named_as_sentences() -> None:
    terse = [
        f"{short(path)}: {f.name}"
        for path, tree in modules().items()
        if path.name.startswith("test_")
        for f in functions(tree)
        if f.name.startswith("test_") and f.name.count("_") < 3
    ]
    assert not terse


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XXX)\b")
    assert not [where for where, line in text_lines() if marks.search(line)]


def test_no_committed_file_names_a_machine_or_a_package_registry() -> None:
    registry = r"registry\.(?:npmjs|yarnpkg)\.\w+|(?:files\.pythonhosted|(?:www\.|test\.)?pypi|pypi\.python)\.org"
    marks = re.compile(rf"{registry}|(?<![\w.])/(?:home/(?!\$)|root/|Users/|work/)\w+")
    assert not [where for where, line in text_lines() if marks.search(line)]


def text_lines() -> Iterator[tuple[str, str]]:
    for path in files():
        if path == Path(__file__) or path.suffix in (".png", ".parquet", ".ico", ".woff2", ".gz"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield f"{short(path)}:{number}: {line.strip()[:120]}", line


def test_english_and_korean_say_the_same_things() -> None:
    english = {p.name: p for p in files("ui/src/locales/en")}
    korean = {p.name: p for p in files("ui/src/locales/ko")}
    assert english
    assert english.keys() == korean.keys()
    for name, path in english.items():
        assert keys(path, {"one", "two", "few"}) == keys(korean[name], {"one", "two", "few"}), name


def keys(path: Path, dropped: set[str]) -> set[tuple[str, frozenset[str]]]:
    """Each text's key with the names it fills in. Korean has no other forms of numbers, so those may be missing."""
    found = set()
    todo = [("", json.loads(path.read_text(encoding="utf-8")))]
    while todo:
        prefix, value = todo.pop()
        if isinstance(value, dict):
            todo += [(f"{prefix}.{key}" if prefix else key, inner) for key, inner in value.items()]
        elif prefix.rpartition("_")[2] not in dropped:
            found.add((prefix, frozenset(re.findall(r"{{\s*(\w+)", value))))
    return found


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_text_is_empty_and_korean_is_korean(language: str) -> None:
    for path in files(f"ui/src/locales/{language}"):
        text = path.read_text(encoding="utf-8")
        assert '""' not in text, short(path)
        if language == "ko":
            assert len(re.findall("[가-힣]", text)) > 20, short(path)


def test_make_has_few_targets_and_says_what_each_does() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", text, re.M)
    assert phony
    targets = phony[1].split()
    assert len(targets) <= MAKE_TARGETS
    assert all(re.search(rf"^{t}:.*## \S", text, re.M) for t in targets)


def test_the_gate_is_check_and_test() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("make")] == ["make check", "make test"]


def test_a_stylesheet_of_the_ui_is_imported_by_its_own_component_alone() -> None:
    """`X.module.css` belongs to `X.tsx`: whoever changes a rule sees everything that it draws."""
    pages = ROOT / "ui" / "src"
    foreign = [
        f"{path.relative_to(pages)} imports {name}"
        for path in sorted(pages.rglob("*.tsx"))
        for name in re.findall(r"from '([^']+\.module\.css)'", path.read_text(encoding="utf-8"))
        if name != f"./{path.stem}.module.css"
    ]
    assert foreign == []


def test_the_server_knows_every_page_of_the_ui() -> None:
    routes = re.findall(r"page\('/([^/']*)", (ROOT / "ui" / "src" / "App.tsx").read_text(encoding="utf-8"))
    assert len(routes) > 5
    assert set(routes) == PAGES


def test_the_path_of_a_public_url_may_begin_with_no_path_of_the_server() -> None:
    """Else a request would not tell whether a proxy stripped the path."""
    prefixes = [*mlflow._OWNED, *mlflow._AT_ROOT, *root_routes._NO_PAGES, "/assets", *(f"/{page}" for page in PAGES)]
    sources = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "src" / "handloom" / "api").rglob("*.py"))]
    routed = [path for text in sources for path in re.findall(r'Route\(\s*f?"(/[^"]*)"', text)]
    assert "/sign-in" in routed
    first = {path.split("/")[1] for path in (*prefixes, *routed)}
    assert {segment for segment in first if segment and not segment.startswith("{")} == OWN_PATHS
