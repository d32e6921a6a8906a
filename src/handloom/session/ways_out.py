"""Offers the way out of an error of Spark as buttons under the cell: try again, or run it on another engine."""

from __future__ import annotations

import re
from typing import Any

from handloom.session import attached
from handloom.session.engine import EngineError

MIME = "application/vnd.handloom.ways-out+json"
"""Data `{"retry": bool, "engines": [...]}`. Without `retry`, the session's engine runs, so that another one needs a
restart."""
_APACHE = re.compile(r"Apache Spark runs this\b|choose Apache Spark as this notebook's engine|or use Apache Spark\b")
_QUICK = re.compile(r"\bon the quick engine\b|\buse the quick engine\b")


def register(shell: Any) -> None:
    """Look at each cell that has ended."""
    shell.events.register("post_run_cell", ended)


def ended(result: Any) -> None:
    """Show the ways out under a cell that has failed; nothing for errors that name none."""
    found = of(getattr(result, "error_in_exec", None))
    if found is None:
        return
    from IPython.display import display

    display({MIME: found, "text/plain": ""}, raw=True)  # type: ignore[no-untyped-call]


def of(error: BaseException | None) -> dict[str, Any] | None:
    """The ways out that an error's words name, as the data of `MIME`."""
    session = attached.current()
    if error is None or session is None:
        return None
    kind = session.engine["kind"]
    if isinstance(error, EngineError):
        others = [] if kind == "quick" else [one for one in ("quick", "apache") if one != kind]
        return {"retry": True, "engines": others}
    if not type(error).__module__.startswith("pyspark."):
        return None
    words, engine = (_APACHE, "apache") if kind == "quick" else (_QUICK, "quick")
    return {"retry": False, "engines": [engine]} if words.search(str(error)) else None
