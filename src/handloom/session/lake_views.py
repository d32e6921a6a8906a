"""Views that last: a file per view in `Tables/_views/SCHEMA`, which sessions and the page of tables read."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec
from pyspark.errors import AnalysisException

from handloom.session import attached, dropping, lakehouse

FOLDER = "_views"
"""The folder in `Tables`. Its name begins as those of no schema do."""
_NAME = r"(?P<name>(?:`(?:[^`]|``)*`|[\w.])+)"
CREATE = re.compile(
    rf"\s*(?:CREATE\s+(?P<replace>OR\s+REPLACE\s+)?VIEW\s+(?P<missing>IF\s+NOT\s+EXISTS\s+)?{_NAME}"
    rf"|(?P<alter>ALTER)\s+VIEW\s+{_NAME.replace('<name>', '<altered>')})(?P<rest>(?=[\s(]).*)",
    re.I | re.S,
)
"""Matches a statement that defines a view that lasts. `rest` begins with a list of columns, or with AS."""
_BODY = re.compile(r"(?P<head>.*?)\bAS\s+(?P<query>\(?\s*(?:SELECT|WITH|VALUES|FROM|TABLE)\b.*)", re.I | re.S)
_COMMENT = re.compile(r"\bCOMMENT\s+(?P<text>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\")", re.I | re.S)


@dataclass(frozen=True, slots=True)
class LakeView:
    """A view as its file has it. `columns` are pairs of name and type; `current` is the schema that its names mean."""

    query: str
    current: str
    names: list[str] = field(default_factory=list)
    """The columns' names, where the definition lists them."""
    comment: str = ""
    columns: list[list[str]] = field(default_factory=list)
    created_at: int = 0
    """Milliseconds."""

    @property
    def head(self) -> str:
        """The list of columns of a definition; empty where it has none."""
        return f" ({', '.join('`' + name.replace('`', '``') + '`' for name in self.names)})" if self.names else ""


def file_of(tables: Path, schema: str, name: str) -> Path:
    return tables / FOLDER / schema / f"{name}.json"


def read(file: Path) -> LakeView | None:
    """The view of a file; None where there is none, or the file is none of ours."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=LakeView)
    except (OSError, msgspec.DecodeError):
        return None


def write(file: Path, view: LakeView) -> None:
    """Write the file at once, so that no reader sees half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.draft")
    draft.write_text(json.dumps(asdict(view), ensure_ascii=False), encoding="utf-8")
    draft.replace(file)


def no_table(name: str) -> AnalysisException:
    """The error of DROP TABLE for a view."""
    return AnalysisException(
        f"[EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE] {name} is a view: write DROP VIEW. SQLSTATE: 42809"
    )


def is_needed(match: re.Match[str], file: Path, name: str, *, is_table: bool) -> bool:
    """Whether the view of a match of `CREATE` must be made; False for IF NOT EXISTS where it is there. Raises
    AnalysisException where the statement does not fit what is there.
    """
    if match["missing"] and (is_table or file.exists()):
        return False
    if match["alter"] and not file.exists():
        raise AnalysisException(f"[TABLE_OR_VIEW_NOT_FOUND] There is no view {name}. SQLSTATE: 42P01")
    if is_table or (file.exists() and not match["replace"] and not match["alter"]):
        raise AnalysisException(
            f"[TABLE_OR_VIEW_ALREADY_EXISTS] There is a {'table' if is_table else 'view'} {name} already. Choose "
            "another name, drop it, or write CREATE OR REPLACE VIEW for a view. SQLSTATE: 42P07"
        )
    return True


def drop(tables: Path, schema: str, name: str) -> None:
    """Move a view to the bin of its workspace."""
    if attached.current() is None:
        file_of(tables, schema, name).unlink(missing_ok=True)
    else:
        dropping.to_bin(schema, name)


def require_droppable(tables: Path, schema: str, *, cascade: bool) -> None:
    """Raise AnalysisException for DROP SCHEMA of the default schema, and without CASCADE of one that holds anything."""
    if schema == dropping.DEFAULT:
        raise AnalysisException(
            "[UNSUPPORTED_FEATURE.DROP_DATABASE] dbo is the default schema of the workspace and cannot be dropped. Way "
            "out: drop its tables one by one. SQLSTATE: 0A000"
        )
    folder = lakehouse.existing(tables / schema)
    contents = [place.name for place in folder.iterdir()] if folder.is_dir() else []
    contents += [view for of, view in all_of(tables) if of == schema]
    if contents and not cascade:
        raise AnalysisException(
            f"[SCHEMA_NOT_EMPTY] The schema {schema} has {', '.join(sorted(contents)[:5])}. Drop these first, or write "
            "DROP SCHEMA ... CASCADE, which moves tables and views to the bin. SQLSTATE: 2BP01"
        )


def drop_schema(tables: Path, schema: str) -> None:
    """Move the tables and views of a schema to the bin and remove its folder, as DROP SCHEMA ... CASCADE asks for."""
    for of, view in all_of(tables):
        if of == schema:
            drop(tables, schema, view)
    dropping.drop_schema(tables, lakehouse.existing(tables / schema))


def all_of(tables: Path) -> list[tuple[str, str]]:
    """Schema and name of every view, sorted."""
    return sorted((file.parent.name, file.stem) for file in (tables / FOLDER).glob("*/*.json"))


def defined(rest: str, current: str) -> LakeView | None:
    """The view that the text behind a name defines; None where it has no query."""
    match = _BODY.match(rest)
    if match is None:
        return None
    head = match["head"]
    names: list[str] = []
    if head.lstrip().startswith("("):
        listed, head = _listed(head)
        names = [name.strip().strip("`") for name in listed]
    comment = _COMMENT.search(head)
    return LakeView(
        query=match["query"].strip().rstrip(";").rstrip(),
        current=current,
        names=names,
        comment=comment["text"][1:-1].replace("\\'", "'") if comment else "",
        created_at=int(time.time() * 1000),
    )


def _listed(head: str) -> tuple[list[str], str]:
    """The names in a list of columns, without their comments, and what follows the list."""
    depth, start, names = 0, 0, []
    quoted = ""
    for at, sign in enumerate(head):
        if quoted:
            quoted = "" if sign == quoted else quoted
        elif sign in "'\"`":
            quoted = sign
        elif sign == "(":
            depth += 1
            start = at + 1 if depth == 1 else start
        elif depth == 1 and sign in ",)":
            found = re.match(r"\s*(`(?:[^`]|``)*`|\w+)", head[start:at])
            names.append(found[1] if found else "")
            start = at + 1
            if sign == ")":
                return names, head[at + 1 :]
        elif sign == ")":
            depth -= 1
    return names, ""
