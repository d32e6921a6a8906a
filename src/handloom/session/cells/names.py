"""Find by static analysis which names of the notebook a cell uses, defines and changes.

Pure: reads the source with Python's own parser and runs nothing. What it cannot see (a function of a library that
changes its argument, `exec`, `globals()`) counts as no change.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

VIEW = "sql:"
"""Prefix of the names of tables and views, which are no Python names."""
PYTHON_CELLS = frozenset({"time", "timeit", "capture", "prun", "pyspark", "python", "memit"})
"""Cell magics whose body is Python of the notebook."""
PYTHON_LINES = frozenset({"time", "timeit", "prun", "memit"})
MUTATORS = frozenset(
    """
    append extend insert remove pop clear sort reverse add discard update setdefault popitem appendleft extendleft
    popleft rotate intersection_update difference_update symmetric_difference_update fill put resize partial_fit
    fit fit_transform fit_predict load_state_dict step backward zero_grad train compile load_weights register
    """.split()  # noqa: SIM905 - one name a line would be a page
)
"""Methods that change their object in the standard library, NumPy, scikit-learn, PyTorch and Keras."""
MUTATOR_PREFIXES = ("set_", "add_")
VIEW_MAKERS = frozenset(
    {
        "createOrReplaceTempView",
        "createTempView",
        "createGlobalTempView",
        "createOrReplaceGlobalTempView",
        "registerTempTable",
        "saveAsTable",
        "insertInto",
    }
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SQL_NAME = r"(`[^`]+`|[A-Za-z_][\w$]*)((?:\.(?:`[^`]+`|[A-Za-z_][\w$]*))*)"
_SQL_TARGET = re.compile(
    r"\b(?:create\s+(?:or\s+replace\s+)?(?:global\s+)?(?:temporary\s+|temp\s+|external\s+)?(?:table|view)"
    r"(?:\s+if\s+not\s+exists)?|insert\s+(?:into|overwrite)(?:\s+table)?|replace\s+table|update|delete\s+from|"
    r"merge\s+into|truncate\s+table|alter\s+(?:table|view)|drop\s+(?:table|view)(?:\s+if\s+exists)?|"
    r"refresh\s+table|(?:un)?cache\s+table)\s+" + _SQL_NAME,
    re.IGNORECASE,
)
_SQL_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)
_MAGIC_VALUE = re.compile(r"^(\s*)([\w\s,]+?)\s*=\s*[!%].*$")


@dataclass(frozen=True, slots=True)
class Deferred:
    """What a function uses and changes when it is called."""

    uses: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()


@dataclass(slots=True)
class CellNames:
    """The names of one cell. `uses` are read before the cell itself sets them. `defines` are set in any case, `changes`
    perhaps or in place; `sets` are all that are set. `fingerprints` are texts of definitions that have the same value
    whenever their text is the same: imports, functions, constants.
    """

    uses: set[str] = field(default_factory=set)
    defines: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    sets: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    functions: dict[str, Deferred] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)

    def include(self, later: CellNames) -> None:
        """Add the names of code that runs after this within the same cell."""
        self.uses |= later.uses - self.defines
        self.changes = (self.changes | later.changes) - later.defines
        self.defines |= later.defines
        self.sets |= later.sets
        self.imports |= later.imports
        self.functions |= later.functions
        for name in later.defines | later.changes:
            self.fingerprints.pop(name, None)
        self.fingerprints |= later.fingerprints


def analyse(source: str) -> CellNames:
    """Analyse a cell. A cell that cannot be parsed, or is in another language, has no names."""
    lines = source.lstrip().splitlines()
    if lines and lines[0].startswith("%%"):
        return _cell_magic(lines[0], "\n".join(lines[1:]))
    tree = _parsed(source)
    found = _Walker()
    if tree is None:
        code, statements = _without_magics(source)
        tree = _parsed(code)
        for statement in statements:
            found.sql(statement)
    if tree is not None:
        found.body(tree.body)
    return found.names()


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _cell_magic(first: str, body: str) -> CellNames:
    name, _, line = first[2:].strip().partition(" ")
    if name == "sql":
        found = _Walker()
        found.sql(f"{line}\n{body}")
        found.bind("_sqldf")
        return found.names()
    if name not in PYTHON_CELLS:
        return CellNames()
    names = analyse(body)
    if name == "capture" and (output := line.strip().split(" ")[0]).isidentifier():
        names.defines.add(output)
    return names


def _without_magics(source: str) -> tuple[str, list[str]]:
    """Return the source with its line magics and shell commands replaced, and the SQL statements among them."""
    lines, statements = [], []
    for line in source.splitlines():
        text = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        if text.startswith(("!", "?")) or (text.endswith("?") and text.rstrip("?").replace(".", "").isidentifier()):
            lines.append(f"{indent}pass")
        elif text.startswith("%"):
            name, _, rest = text.lstrip("%").partition(" ")
            if name == "sql":
                statements.append(rest)
            lines.append(indent + (rest if name in PYTHON_LINES and not rest.startswith("-") else "pass"))
        elif value := _MAGIC_VALUE.match(line):
            lines.append(f"{value[1]}{value[2]} = ...")
        else:
            lines.append(line)
    return "\n".join(lines), statements


def view(name: str) -> str:
    """Return the name under which a table or view is tracked: without its schema, in lower case."""
    return VIEW + name.replace("`", "").rpartition(".")[2].lower()


def _root(node: ast.expr) -> str | None:
    """Return the name that an attribute, item or slice belongs to."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _bound_in(body: list[ast.stmt]) -> set[str]:
    """Return the names that a function's body makes local."""
    found: set[str] = set()
    free: set[str] = set()
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            found.add(node.name)
            continue
        if isinstance(node, ast.Global | ast.Nonlocal):
            free.update(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
        if not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            todo.extend(ast.iter_child_nodes(node))
    return found - free


def _arguments(arguments: ast.arguments) -> set[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return {argument.arg for argument in every if argument is not None}


class _Walker:
    """Walks statements in the order of their execution. `bound` are the names that are set in any case so far."""

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self._ever: set[str] = set()
        self._uses: set[str] = set()
        self._changes: set[str] = set()
        self._loaded: set[str] = set()
        self._imports: set[str] = set()
        self._functions: dict[str, Deferred] = {}
        self._fingerprints: dict[str, str | None] = {}
        self._locals: list[set[str]] = []  # of the functions, classes and comprehensions around the node
        self._deferred: tuple[set[str], set[str]] | None = None  # uses and changes of the function around it

    def names(self) -> CellNames:
        for name in self._loaded & self._functions.keys():  # called here, perhaps
            self._uses |= self._functions[name].uses - self._ever
            self._changes |= self._functions[name].changes
        prints = {name: text for name, text in self._fingerprints.items() if text is not None and name in self.bound}
        return CellNames(
            uses={name for name in self._uses if not name.startswith("_") or name == "_sqldf"},
            defines=set(self.bound),
            changes=(self._changes | self._ever) - self.bound,
            sets=set(self._ever),
            imports=self._imports & self.bound,
            functions={name: one for name, one in self._functions.items() if name in self._ever},
            fingerprints={name: text for name, text in prints.items() if name not in self._changes},
        )

    # names

    def _is_local(self, name: str) -> bool:
        return any(name in names for names in self._locals)

    def _use(self, name: str) -> None:
        if self._is_local(name):
            return
        if self._deferred is not None:
            self._deferred[0].add(name)
            return
        self._loaded.add(name)
        if name not in self.bound:
            self._uses.add(name)

    def bind(self, name: str, fingerprint: str | None = None) -> None:
        if self._is_local(name):
            return
        if self._deferred is not None:  # of a `global` statement
            self._deferred[1].add(name)
            return
        first = name not in self._ever
        self._fingerprints[name] = fingerprint if first else None
        self._imports.discard(name)
        self.bound.add(name)
        self._ever.add(name)

    def _change(self, name: str | None) -> None:
        if name is None or self._is_local(name):
            return
        (self._changes if self._deferred is None else self._deferred[1]).add(name)

    def sql(self, text: str) -> None:
        text = _SQL_COMMENT.sub(" ", text)
        targets = {view("".join(found)) for found in _SQL_TARGET.findall(text)}
        for name, rest in re.findall(_SQL_NAME, text):
            used = view(name + rest)
            if used not in targets or len(re.findall(rf"\b{re.escape(used[len(VIEW) :])}\b", text, re.I)) > 1:
                self._use(used)
        for name in targets:
            self._change(name)

    # statements

    def body(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _branches(self, *bodies: list[ast.stmt]) -> None:
        """Walk bodies of which one runs: only what all of them bind is bound."""
        before, after = set(self.bound), []
        for one in bodies:
            self.bound = set(before)
            self.body(one)
            if not (one and isinstance(one[-1], ast.Raise)):
                after.append(self.bound)
        self.bound = set.intersection(*after) if after else before

    def _statement(self, node: ast.stmt) -> None:  # noqa: PLR0912 - one branch for each statement of the language
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node)
            case ast.ClassDef():
                self._class(node)
            case ast.Assign():
                self._read(node.value)
                plain = ast.unparse(node.value) if isinstance(node.value, ast.Constant) else None
                for target in node.targets:
                    self._target(target, plain)
            case ast.AnnAssign():
                if node.value is not None:
                    self._read(node.value)
                    self._target(node.target)
            case ast.AugAssign():
                self._read(node.value)
                if isinstance(node.target, ast.Name):
                    self._use(node.target.id)
                self._target(node.target)
            case ast.Delete():
                for target in node.targets:
                    self._delete(target)
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.If():
                self._read(node.test)
                self._branches(node.body, node.orelse)
            case ast.For() | ast.AsyncFor():
                self._read(node.iter)
                before = set(self.bound)
                self._target(node.target)
                self.body(node.body)
                self.bound = before
                self._branches([], node.orelse)
            case ast.While():
                self._read(node.test)
                self._branches([], node.body)
                self._branches([], node.orelse)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self._read(item.context_expr)
                    if item.optional_vars is not None:
                        self._target(item.optional_vars)
                self.body(node.body)
            case ast.Try() | ast.TryStar():
                self._try(node)
            case ast.Match():
                self._match(node)
            case ast.Global() | ast.Nonlocal() | ast.Pass() | ast.Break() | ast.Continue():
                pass
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._read(child)

    def _target(self, node: ast.expr, fingerprint: str | None = None) -> None:
        if isinstance(node, ast.Name):
            self.bind(node.id, fingerprint)
        elif isinstance(node, ast.Tuple | ast.List):
            for element in node.elts:
                self._target(element)
        elif isinstance(node, ast.Starred):
            self._target(node.value)
        else:  # an item or attribute
            self._inside(node)
            self._change(_root(node))

    def _inside(self, node: ast.expr) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._read(child)

    def _delete(self, node: ast.expr) -> None:
        if not isinstance(node, ast.Name):
            self._inside(node)
            self._change(_root(node))
        elif not self._is_local(node.id):
            self._use(node.id)
            self._change(node.id)
            self.bound.discard(node.id)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                continue
            name = alias.asname or alias.name.partition(".")[0]
            source = (
                f"{'.' * node.level}{node.module or ''}:{alias.name}"
                if isinstance(node, ast.ImportFrom)
                else alias.name
            )
            bare = source if isinstance(node, ast.ImportFrom) or alias.asname else name  # `import a.b` binds `a`
            again = name in self._imports
            self.bind(name, f"import {bare}")
            if again:
                self._fingerprints[name] = f"import {bare}"
            if not self._is_local(name) and self._deferred is None:
                self._imports.add(name)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        before = set(self.bound)
        self.body(node.body)
        self.body(node.orelse)
        after = [self.bound]
        for handler in node.handlers:
            self.bound = set(before)
            if handler.type is not None:
                self._read(handler.type)
            self._locals.append({handler.name} if handler.name else set())
            self.body(handler.body)
            self._locals.pop()
            if not (handler.body and isinstance(handler.body[-1], ast.Raise)):
                after.append(self.bound)
        self.bound = set.intersection(*after)
        self.body(node.finalbody)

    def _match(self, node: ast.Match) -> None:
        self._read(node.subject)
        before = set(self.bound)
        for case in node.cases:
            self.bound = set(before)
            for part in ast.walk(case.pattern):
                if isinstance(part, ast.MatchAs | ast.MatchStar) and part.name:
                    self.bind(part.name)
                elif isinstance(part, ast.MatchValue):
                    self._read(part.value)
            if case.guard is not None:
                self._read(case.guard)
            self.body(case.body)
        self.bound = before

    def _signature(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Read what a definition evaluates at once."""
        arguments = node.args
        notes = [one.annotation for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        for part in (*node.decorator_list, *arguments.defaults, *arguments.kw_defaults, *notes, node.returns):
            if part is not None:
                self._read(part)

    def _later(self, local: set[str], body: list[ast.stmt]) -> tuple[set[str], set[str]]:
        """Return uses and changes of a body that runs when it is called."""
        outer, self._deferred = self._deferred, (set(), set())
        self._locals.append(local)
        self.body(body)
        self._locals.pop()
        found, self._deferred = self._deferred, outer
        return found

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._signature(node)
        uses, changes = self._later(_arguments(node.args) | _bound_in(node.body), node.body)
        self._defer(node, uses, changes)

    def _class(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self._read(part)
        uses: set[str] = set()
        changes: set[str] = set()
        own = _bound_in(node.body)
        for statement in node.body:
            if isinstance(statement, _FUNCTIONS):
                self._signature(statement)
                local = _arguments(statement.args) | _bound_in(statement.body)
                found = self._later(local, statement.body)  # methods do not see the names of the class
                uses |= found[0]
                changes |= found[1]
            else:
                self._locals.append(own)
                self._statement(statement)
                self._locals.pop()
        self._defer(node, uses, changes)

    def _defer(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, uses: set[str], changes: set[str]
    ) -> None:
        if self._deferred is not None:  # inside a function: it may be called there
            self._deferred[0].update(name for name in uses if not self._is_local(name))
            self._deferred[1].update(name for name in changes if not self._is_local(name))
        elif not self._is_local(node.name):
            self._functions[node.name] = Deferred(frozenset(uses - {node.name}), frozenset(changes))
        self.bind(node.name, ast.unparse(node))

    # expressions

    def _read(self, node: ast.expr) -> None:  # noqa: PLR0912 - one branch for each expression that binds or changes names
        match node:
            case ast.Name():
                self._use(node.id)
            case ast.NamedExpr():
                self._read(node.value)
                self._target(node.target)
            case ast.Lambda():
                for default in (*node.args.defaults, *node.args.kw_defaults):
                    if default is not None:
                        self._read(default)
                self._locals.append(_arguments(node.args))
                self._read(node.body)
                self._locals.pop()
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node)
            case ast.Call():
                self._inside(node)
                for keyword in node.keywords:
                    self._read(keyword.value)
                if isinstance(node.func, ast.Attribute):
                    self._method(node.func, node)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._read(child)
                    elif isinstance(child, ast.keyword):
                        self._read(child.value)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        targets = {
            name.id
            for generator in node.generators
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name)
        }
        self._read(node.generators[0].iter)  # evaluated outside
        self._locals.append(targets)
        for index, generator in enumerate(node.generators):
            if index:
                self._read(generator.iter)
            for condition in generator.ifs:
                self._read(condition)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self._read(part)
        self._locals.pop()

    def _method(self, function: ast.Attribute, call: ast.Call) -> None:
        method = function.attr
        in_place = any(
            keyword.arg == "inplace" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
            for keyword in call.keywords
        )
        if in_place or method in MUTATORS or method.startswith(MUTATOR_PREFIXES):
            self._change(_root(function.value))
        text = _text(call.args[0]) if call.args else ""
        if not text:
            return
        if method in VIEW_MAKERS:
            self._change(view(text))
        elif method == "sql":
            self.sql(text)
        elif method == "table":
            self._use(view(text))


def _text(node: ast.expr) -> str:
    """Return the constant text of an argument, with spaces for what an f-string inserts."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return " ".join(
            part.value for part in node.values if isinstance(part, ast.Constant) and isinstance(part.value, str)
        )
    return ""
