"""Plays conformance cases on a Spark session and writes down each answer with its types.

The recorder runs it in Apache Spark's own environment, the tests run it inside a session's kernel, so it uses nothing
but the standard library, PySpark and what PySpark needs.
"""

from __future__ import annotations

import ast
import contextlib
import datetime
import decimal
import io
import json
import math
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import Row, Window
from pyspark.sql import functions as F  # noqa: N812 - the name that everybody uses
from pyspark.sql import types as T  # noqa: N812

from conformance.cases import Case

Answer = dict[str, Any]
_CONDITION = re.compile(r"\[([A-Z][A-Z0-9_]+(?:\.[A-Z0-9_]+)*)\]")
_MAKES_TABLES = re.compile(r"\b(?:CREATE|saveAsTable|writeTo|create\w*Table|toTable|createOrReplace\w*)\b", re.I)
_MESSAGE = 600


class Player:
    """One run of cases on `spark`, in files below `root`."""

    def __init__(self, spark: Any, root: Path) -> None:
        os.environ["TZ"] = "UTC"
        time.tzset()
        self.spark = spark
        self.root = root
        spark.conf.set("spark.sql.session.timeZone", "UTC")
        self._names = _names(spark)

    def play(self, case: Case) -> Answer:
        """The engine's answer, or its error; never raises for what the engine does."""
        folder = self.root / uuid.uuid4().hex
        folder.mkdir(parents=True)
        try:
            return self._answer(case, folder)
        except Exception as error:  # noqa: BLE001 - whatever the engine or its client raises is the answer
            return _failure(error, folder)
        finally:
            if _MAKES_TABLES.search(case.code):
                self._clean()
            shutil.rmtree(folder, ignore_errors=True)

    def _answer(self, case: Case, folder: Path) -> Answer:
        if case.kind == "expr":
            return _encoded(self.spark.sql(f"SELECT {case.code} AS value"), case.ordered)
        if case.kind == "sql":
            *before, last = statements(case.code.replace("$FOLDER", str(folder)))
            for statement in before:
                self.spark.sql(statement).collect()
            return _hide(_encoded(self.spark.sql(last), case.ordered), folder)
        names = {**self._names, **_files(folder)}
        tree = ast.parse(case.code)
        last_node = tree.body.pop()
        assert isinstance(last_node, ast.Expr), f"{case.id}: the last line must be the value"
        exec(compile(tree, case.id, "exec"), names)
        value = eval(compile(ast.Expression(last_node.value), case.id, "eval"), names)
        return _hide(_encoded(value, case.ordered), folder)

    def _clean(self) -> None:
        """Drop what a case created, so that the next one starts from the same names."""
        with contextlib.suppress(Exception):
            self.spark.catalog.setCurrentDatabase(self._names["home"])
        for table in self.spark.catalog.listTables():
            if table.name in FIXTURES:
                continue
            with contextlib.suppress(Exception):
                if table.isTemporary:
                    self.spark.catalog.dropTempView(table.name)
                elif table.tableType == "VIEW":
                    self.spark.sql(f"DROP VIEW IF EXISTS `{table.name}`")
                else:
                    self.spark.sql(f"DROP TABLE IF EXISTS `{table.name}`")


def statements(code: str) -> list[str]:
    """SQL statements, each ended by `;` at the end of a line."""
    return [part.strip() for part in re.split(r";\s*(?:\n|$)", code) if part.strip()]


FIXTURES = ("people", "orders", "nested", "letters")


def _names(spark: Any) -> dict[str, Any]:
    """What every case in Python finds, and the temporary views that every case in SQL finds."""
    date, stamp, exact = datetime.date, datetime.datetime, decimal.Decimal
    people = spark.createDataFrame(
        [
            (1, "Ana", 34, 1200.5, "KR", date(2020, 1, 31)),
            (2, "Bo", 28, None, "KR", date(2021, 6, 15)),
            (3, "Cho", None, 800.0, "US", date(2019, 12, 1)),
            (4, "Dan", 51, 3000.25, None, None),
            (5, None, 28, 950.0, "US", date(2020, 2, 29)),
            (6, "ana", 34, 1200.5, "DE", date(2022, 3, 27)),
        ],
        "id int, name string, age int, pay double, country string, since date",
    )
    orders = spark.createDataFrame(
        [
            (100, 1, exact("10.50"), stamp(2024, 1, 1, 9, 0, 0), "a"),
            (101, 1, exact("0.99"), stamp(2024, 1, 1, 9, 4, 30), "b"),
            (102, 2, exact("7.25"), stamp(2024, 1, 2, 23, 59, 59), "a"),
            (103, 9, None, stamp(2024, 2, 29, 0, 0, 0), "c"),
            (104, None, exact("-3.10"), None, "b"),
        ],
        "order_id bigint, person int, amount decimal(10,2), at timestamp, kind string",
    )
    nested = spark.createDataFrame(
        [
            (1, ["x", "y", None], {"a": 1, "b": 2}, Row(p=1.5, q="one")),
            (2, [], {}, Row(p=None, q="two")),
            (3, None, None, None),
        ],
        "id int, tags array<string>, counts map<string,int>, point struct<p:double,q:string>",
    )
    letters = spark.createDataFrame([("a", 1), ("b", 2), ("b", 3), ("c", None), (None, 5)], "k string, v int")
    frames = {"people": people, "orders": orders, "nested": nested, "letters": letters}
    for name, frame in frames.items():
        frame.createOrReplaceTempView(name)
    home = spark.catalog.currentDatabase()
    modules = {"spark": spark, "F": F, "T": T, "Window": Window, "Row": Row, "pd": pd, "Path": Path, "json": json}
    values = {"date": date, "stamp": stamp, "exact": exact, "shown": _shown, "home": home, "outcome": _outcome}
    return {**modules, **values, **frames}


def _files(folder: Path) -> dict[str, Any]:
    """What a case in Python does with files: `file(name, text)` writes one and gives its path."""

    def file(name: str, text: str | bytes, encoding: str = "utf-8") -> str:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return str(path)

    def written(path: str) -> list[str]:
        """The lines of all data files below a path that an engine wrote."""
        found = [f for f in Path(path).rglob("*") if f.is_file() and not f.name.startswith(("_", "."))]
        return sorted(line for f in found for line in f.read_text(encoding="utf-8").splitlines())

    return {"folder": str(folder), "file": file, "written": written}


def _shown(act: Callable[[], Any]) -> str:
    """What `act` prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        act()
    return out.getvalue()


def _outcome(act: Callable[[], Any]) -> str:
    """ "done", or the error's condition: for cases that go on after a refusal."""
    try:
        act()
    except Exception as error:  # noqa: BLE001
        return _condition(error) or type(error).__name__
    return "done"


def _condition(error: Exception) -> str:
    named = getattr(error, "getCondition", lambda: None)()
    found = _CONDITION.search(str(error))
    return str(named or (found[1] if found else ""))


def _failure(error: Exception, folder: Path) -> Answer:
    message = str(error).replace(str(folder), "FOLDER")[:_MESSAGE]
    return {"error": _condition(error), "type": type(error).__name__, "message": message}


def _encoded(value: Any, ordered: bool) -> Answer:
    if hasattr(value, "schema") and hasattr(value, "collect"):
        rows = [[encode(cell) for cell in row] for row in value.collect()]
        fields = [[field.name, field.dataType.simpleString()] for field in value.schema.fields]
        return {"columns": fields, "rows": rows if ordered else sorted(rows, key=json.dumps)}
    if type(value).__module__.startswith("pandas"):
        return _pandas(value)
    return {"value": encode(value)}


def _pandas(value: Any) -> Answer:
    frame = value.to_frame() if hasattr(value, "to_frame") else value
    columns = [[str(name), str(kind)] for name, kind in frame.dtypes.items()]
    rows = [[encode(cell) for cell in row] for row in frame.astype(object).itertuples(index=False)]
    return {"pandas": columns, "rows": rows}


def encode(value: Any) -> Any:  # noqa: PLR0911 - one line per type
    """Encode a value as JSON, including values that JSON cannot express."""
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, decimal.Decimal):
        return {"decimal": format(value, "f")}
    if isinstance(value, datetime.datetime):
        return {"timestamp": value.isoformat(sep=" ")}
    if isinstance(value, datetime.date | datetime.time):
        return {type(value).__name__: value.isoformat()}
    if isinstance(value, datetime.timedelta):
        return {"microseconds": value // datetime.timedelta(microseconds=1)}
    if isinstance(value, bytes | bytearray):
        return {"binary": bytes(value).hex()}
    if isinstance(value, dict):
        return {"map": sorted(([encode(k), encode(v)] for k, v in value.items()), key=json.dumps)}
    if hasattr(value, "asDict") and hasattr(value, "__fields__"):
        return {"struct": [[name, encode(cell)] for name, cell in zip(value.__fields__, value, strict=True)]}
    if isinstance(value, list | tuple | set):
        return [encode(cell) for cell in value]
    if hasattr(value, "item") and hasattr(value, "dtype"):
        return encode(value.item())
    return {type(value).__name__: str(value)}


def _hide(answer: Answer, folder: Path) -> Answer:
    """The answer without the folder's own name, which is another one each time."""
    shown: Answer = json.loads(json.dumps(answer).replace(str(folder), "FOLDER"))
    return shown
