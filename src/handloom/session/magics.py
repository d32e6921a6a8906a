"""Cell and line magics that Fabric notebooks use: %%sql, %%pyspark, %%configure, %%sh, %run of a notebook.

Languages that need a JVM or R in the kernel are refused by name.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

from IPython.core.magics.execution import ExecutionMagics

from handloom.session import show
from handloom.session.notebook_file import code_cells, find, with_parameters
from handloom.session.quick.names import SqlToken, tokens

RESULT = "_sqldf"
"""Variable with the last result of %%sql, as in Fabric."""
_OTHER_LANGUAGES = {"spark": "Scala", "scala": "Scala", "sparkr": "R", "csharp": "C#"}
_SIZES = (
    "driverMemory",
    "driverCores",
    "executorMemory",
    "executorCores",
    "numExecutors",
    "mountPoints",
    "environment",
    "vCores",
)


class MagicError(ValueError):
    """A magic was used incorrectly; the message says how to use it."""


def register(shell: Any, spark: Any) -> None:
    """Add the magics to an IPython shell. `spark` stands for the SparkSession."""

    def sql(line: str, cell: str | None = None) -> None:
        _sql(shell, spark, line if cell is None else cell)

    def pyspark(line: str, cell: str) -> None:
        shell.run_cell(cell).raise_error()

    def configure(line: str, cell: str = "") -> None:
        _configure(spark, cell or line)

    def shell_script(line: str, cell: str) -> None:
        shell.run_cell_magic("bash", line, cell)

    def run(line: str) -> None:
        _run(shell, line)

    for function, kind, name in (
        (sql, "line_cell", "sql"),
        (pyspark, "cell", "pyspark"),
        (configure, "line_cell", "configure"),
        (shell_script, "cell", "sh"),
        (run, "line", "run"),
    ):
        shell.register_magic_function(function, kind, name)
    for name, language in _OTHER_LANGUAGES.items():
        shell.register_magic_function(_refusal(name, language), "cell", name)


def statements(text: str) -> list[str]:
    """Split a text into SQL statements without semicolons; omit parts that consist of comments only."""
    pieces: list[list[SqlToken]] = [[]]
    for token in tokens(text):
        if token.text == ";":
            pieces.append([])
        else:
            pieces[-1].append(token)
    spoken = [piece for piece in pieces if any(token.kind not in ("space", "comment") for token in piece)]
    return ["".join(token.text for token in piece).strip() for piece in spoken]


def _sql(shell: Any, spark: Any, text: str) -> None:
    """Run the statements in order and show the rows of each that returns some."""
    pieces = statements(text)
    if not pieces:
        raise MagicError("%%sql needs at least one SQL statement below it.")
    for piece in pieces:
        frame = spark.sql(piece)
        shell.user_ns[RESULT] = frame
        if frame.columns:
            show.display(frame)


def _configure(spark: Any, text: str) -> None:
    """Set the `conf` of a JSON text on the session. Prints the keys that are ignored, such as machine sizes."""
    body = text.removeprefix("-f").strip()
    try:
        wanted = json.loads(body or "{}")
    except json.JSONDecodeError as error:
        raise MagicError(f"%%configure takes JSON: {error}.") from error
    if not isinstance(wanted, dict):
        raise MagicError('%%configure takes a JSON object, for example {"conf": {"spark.sql.ansi.enabled": "true"}}.')
    conf = {str(key): value for key, value in dict(wanted.get("conf") or {}).items()}
    for key, value in conf.items():
        spark.conf.set(key, str(value).lower() if isinstance(value, bool) else str(value))
    ignored = sorted(key for key in wanted if key != "conf")
    if conf:
        print(f"Set for this session: {', '.join(conf)}.")
    if ignored:
        sizes = "The session's size is chosen in the notebook's settings. " if set(ignored) & set(_SIZES) else ""
        print(f"Not used here: {', '.join(ignored)}. {sizes}".strip())


def _run(shell: Any, line: str) -> None:
    """Run another notebook's cells in this notebook's namespace, or a Python file like IPython's own %run."""
    line = line.strip()
    target, parameters = _target(line)
    if not target or target.startswith("-") or target.endswith(".py"):
        script: Any = ExecutionMagics
        script(shell).run(line)
        return
    file = find(target)
    running = shell.user_ns.setdefault("__running_notebooks__", [])
    if file.name in running:
        raise MagicError(f"%run: '{file.stem}' is being run already; notebooks cannot run each other in a circle.")
    running.append(file.name)
    try:
        for cell in with_parameters(code_cells(file), parameters):
            result = shell.run_cell(cell.source, store_history=False)
            if (result.error_before_exec or result.error_in_exec) and not cell.may_fail:
                where = f"cell {cell.number}" if cell.number else "its parameters"
                raise MagicError(f"%run: the notebook '{file.stem}' failed in {where}; its error is above.")
    finally:
        running.remove(file.name)


def _target(line: str) -> tuple[str, dict[str, Any]]:
    """Split `name {"a": 1}` into the notebook's name and its parameters."""
    brace = line.find("{")
    name = (line if brace < 0 else line[:brace]).strip()
    if brace < 0:
        return (shlex.split(name)[0] if name.startswith(("'", '"')) else name), {}
    try:
        parameters = json.loads(line[brace:])
    except json.JSONDecodeError as error:
        raise MagicError(f'%run takes parameters as JSON, for example %run other {{"a": 1}}: {error}.') from error
    return name.strip("'\""), parameters


def _refusal(name: str, language: str) -> Callable[[str, str], None]:
    def refused(line: str, cell: str) -> None:
        raise MagicError(
            f"%%{name}: this session runs Python and SQL, not {language}. Write the cell in Python or %%sql."
        )

    return refused
