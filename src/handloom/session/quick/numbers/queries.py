"""Give the arithmetic and the unions of queries the types that Apache Spark gives them, before the engine gets them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pyarrow as pa
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql.connect.proto import base_pb2, relations_pb2

from handloom.session.quick import build, rewriting
from handloom.session.quick.expressions import depth_of, tokens
from handloom.session.quick.numbers import arithmetic, dataframes, sql_text, unions
from handloom.session.quick.numbers.questions import Kinds, Questions
from handloom.session.quick.reading.options import WAY_OUT


def name_parameters(message: Any, sql: str) -> str:
    """The text with a name in place of each `?`, so that an expression may stand twice; the arguments get the names."""
    asked = [token for token in tokens(sql) if token.text == "?" and token.kind == "marker"]
    if not asked or message.DESCRIPTOR.name != "SQL":
        return sql
    for values, named in ((message.pos_arguments, message.named_arguments), (message.pos_args, message.args)):
        if len(values) == len(asked):
            for number, value in enumerate(values):
                named[f"handloom_{number}"].CopyFrom(value)
            del values[:]
            for number, token in reversed(list(enumerate(asked))):
                sql = f"{sql[: token.start]}:handloom_{number}{sql[token.end :]}"
    return sql


Fields = list[tuple[str, str]]
"""The names and types of columns."""

_REMEMBERED = 500
_SMALL = 1 << 16
"""Local rows of up to so many bytes are sent along when the engine is asked for types."""
_QUERY = frozenset({"SELECT", "WITH", "VALUES", "FROM", "TABLE"})
_DEFINES = re.compile(r"\s*(?:CREATE|REPLACE|INSERT|CACHE)\b", re.I)
_KEPT = re.compile(
    r"\s*(?:ALTER|DROP|SHOW|DESC|DESCRIBE|USE|SET|RESET|TRUNCATE|ANALYZE|REFRESH|COMMENT|EXPLAIN|DECLARE)\b", re.I
)
_UPDATE = re.compile(r"\s*UPDATE\s+(?P<tables>.+?)\s+SET\s", re.I | re.S)
_DELETE = re.compile(r"\s*DELETE\s+FROM\s+(?P<tables>.+?)\s+WHERE\s", re.I | re.S)
_MERGE = re.compile(r"\s*MERGE\s+(?:WITH\s+SCHEMA\s+EVOLUTION\s+)?INTO\s+(?P<tables>.+?)\s+ON\s", re.I | re.S)
_USING = re.compile(r"\s+USING\s+", re.I)
_INSERTS = re.compile(r"WHEN\s+NOT\s+MATCHED\s+(?!BY\s+SOURCE)", re.I)


class Typing:
    """Types of the expressions of one session's queries. What the engine said is remembered until a command runs."""

    def __init__(self, for_engine: Callable[[Any], None]) -> None:
        self.client: Any = None
        self._for_engine = for_engine
        self._kinds: dict[str, Kinds] = {}
        self._fields: dict[str, Fields] = {}
        self._references: list[Any] = []

    @contextmanager
    def among(self, references: Sequence[Any]) -> Iterator[None]:
        """Meanwhile, SQL text may name these relations, which its plan brings along."""
        before = self._references
        self._references = list(references)
        try:
            yield
        finally:
            self._references = before

    def forget(self) -> None:
        """A command has run: tables and views may have other columns now."""
        self._kinds.clear()
        self._fields.clear()

    def plan(self, message: Any) -> None:
        """Change a plan in place."""
        for relation in dataframes.outermost(message):
            for union in dataframes.set_operations(relation):
                self._union(union)
            counted = dataframes.asking(relation)
            if counted is not None:
                dataframes.rewrite(counted, self._of_relation(counted))

    def statement(self, sql: str, message: Any) -> str:
        """The statement with Apache Spark's arithmetic. `message` has the arguments of its parameters."""
        if _KEPT.match(sql) or not (sql_text.is_interesting(sql) or unions.is_union(sql)):
            return sql
        for pattern in (_UPDATE, _DELETE, _MERGE):
            if match := pattern.match(sql):
                return self._of_change(sql, match, message)
        start = 0
        if _DEFINES.match(sql):
            start = next((one.start for one in tokens(sql) if one.kind == "word" and one.upper in _QUERY), len(sql))
        query = sql[start:]
        if unions.is_union(query):
            query = unions.cast_sides(query, lambda text: self._fields_of_text(text, message))
        questions = Questions()
        marked = sql_text.marked(query, questions)
        kinds: Kinds = {}
        if questions:
            kinds = self._asked(query, lambda: self._sql(marked, message), lambda: self._sql(query, message), questions)
        before = sql[:start]
        if (view := rewriting.VIEW.match(sql)) and (fields := self._fields_of_text(query, message)):
            columns = ", ".join(rewriting.quoted(name) for name, _ in fields)
            before = f"{sql[: view.end()]} ({columns}){sql[view.end() : start]}"
        has_names = before != sql[:start] or rewriting.VIEW_WITH_COLUMNS.match(sql)
        return before + sql_text.typed(query, kinds, is_named=not has_names)

    def fields(self, relation: Any) -> Fields:
        """The columns of a relation that is as the engine gets it."""
        plan = base_pb2.Plan()
        plan.root.CopyFrom(relation)
        _without_rows(plan.root)
        schema = self.client.to_schema(plan)
        return [(field.name, field.dataType.simpleString()) for field in schema]

    def _fields_of_text(self, query: str, message: Any) -> Fields | None:
        """The columns of a query with the types that Apache Spark gives them; None where it is none by itself."""
        if query not in self._fields:
            try:
                plan = base_pb2.Plan()
                plan.root.CopyFrom(self._sql(self.statement(query, message), message))
                self._for_engine(plan)
                self._fields[query] = self.fields(plan.root)
            except PySparkException:
                return None
        return self._fields[query]

    def _of_change(self, sql: str, match: re.Match[str], message: Any) -> str:
        """UPDATE, DELETE and MERGE: the types are asked for by queries over the tables whose columns a part names."""
        tables = _USING.split(match["tables"])
        made = sql[: match.end()]
        for part in _clauses(sql[match.end() :]):
            among = tables[1:] if _INSERTS.match(part) else tables  # an inserted row has the source's columns only
            made += self._of_part(part, ", ".join(among), message)
        return made

    def _of_part(self, part: str, tables: str, message: Any) -> str:
        questions = Questions()
        sql_text.marked(part, questions)
        if not questions:
            return sql_text.typed(part, {})
        query = f"SELECT {questions.asked()} FROM {tables}"
        kinds = self._asked(query, lambda: self._sql(query, message), lambda: self._sql("SELECT 1", message), questions)
        return sql_text.typed(part, kinds)

    def _of_relation(self, relation: Any) -> Kinds:
        copy = relations_pb2.Relation()
        copy.CopyFrom(relation)
        questions = Questions()
        dataframes.mark(copy, questions)
        if not questions:
            return {}

        def plain() -> Any:
            made = relations_pb2.Relation()
            made.CopyFrom(relation)
            return made

        key = hashlib.sha256(relation.SerializeToString(deterministic=True)).hexdigest()
        return self._asked(key, lambda: copy, plain, questions)

    def _sql(self, text: str, message: Any) -> Any:
        """A relation from SQL text with the parameters of a message."""
        relation = relations_pb2.Relation()
        for name in ("args", "pos_args", "named_arguments", "pos_arguments"):
            for value in [getattr(message, name)] if name in message.DESCRIPTOR.fields_by_name else []:
                getattr(relation.sql, name).MergeFrom(value)
        relation.sql.query = text
        if not self._references:
            return relation
        among = relations_pb2.Relation()
        among.with_relations.root.CopyFrom(relation)
        among.with_relations.references.extend(self._references)
        return among

    def _asked(self, key: str, marked: Callable[[], Any], plain: Callable[[], Any], questions: Questions) -> Kinds:
        """The types by the plan of the marked query. A query that fails without marks too fails later."""
        if key not in self._kinds:
            try:
                kinds = questions.answers(self._plan_of(marked()))
            except PySparkException as error:
                if not self._is_planned(plain()):
                    return {}
                raise AnalysisException(
                    f"The quick engine cannot tell the types of the numbers in this statement ({error}), so that it "
                    f"cannot keep them from wrapping around. {WAY_OUT}"
                ) from error
            if len(self._kinds) >= _REMEMBERED:
                self._kinds.clear()
            self._kinds[key] = kinds
        return self._kinds[key]

    def _plan_of(self, relation: Any) -> str:
        return str(self.client.explained(self._prepared(relation)))

    def _is_planned(self, relation: Any) -> bool:
        try:
            self._plan_of(relation)
        except PySparkException:
            return False
        return True

    def _prepared(self, relation: Any) -> Any:
        plan = base_pb2.Plan()
        plan.root.CopyFrom(relation)
        self._for_engine(plan)
        _without_rows(plan.root)
        return plan

    def _union(self, relation: Any) -> None:
        """Cast the columns of both sides to their common types."""
        union = relation.set_op
        sides = (union.left_input, union.right_input)
        fields = [self._fields_of(side) for side in sides]
        for side in sides:
            self.plan(side)
        left, right = fields
        if union.by_name:
            others = {name.lower(): kind for name, kind in right}
            pairs = [(name, kind, others.get(name.lower(), kind)) for name, kind in left]
        elif len(left) == len(right):
            pairs = [(name, kind, other) for (name, kind), (_, other) in zip(left, right, strict=True)]
        else:
            return
        wanted = [arithmetic.with_texts([kind, other]) for _, kind, other in pairs]
        if all(kind is None or kind == own == other for kind, (_, own, other) in zip(wanted, pairs, strict=True)):
            return
        by_name = {name.lower(): kind for kind, (name, _, _) in zip(wanted, pairs, strict=True)}
        for side, own in zip(sides, fields, strict=True):
            kinds = [by_name.get(name.lower()) for name, _ in own] if union.by_name else wanted
            if len({name.lower() for name, _ in own}) < len(own):
                raise AnalysisException(
                    f"The quick engine does not unite columns of different types where two have one name. {WAY_OUT}"
                )
            side.CopyFrom(build.with_types(side, [(name, kind) for (name, _), kind in zip(own, kinds, strict=True)]))

    def _fields_of(self, relation: Any) -> Fields:
        """The columns of a relation with the types that Apache Spark gives them."""
        key = hashlib.sha256(relation.SerializeToString(deterministic=True)).hexdigest()
        if key not in self._fields:
            plan = base_pb2.Plan()
            plan.root.CopyFrom(relation)
            self.plan(plan)
            self._for_engine(plan)
            self._fields[key] = self.fields(plan.root)
        return self._fields[key]


def _clauses(text: str) -> list[str]:
    """The text in parts, each WHEN clause of a MERGE one of its own."""
    starts, depth = [0], 0
    for token in tokens(text):
        depth += depth_of(token)
        if depth == 0 and token.upper == "WHEN" and token.start:
            starts.append(token.start)
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def _without_rows(message: Any) -> None:
    """Take the rows out of local relations that hold many: the types are the same without them."""
    if message.DESCRIPTOR.full_name == "spark.connect.LocalRelation":
        if len(message.data) > _SMALL:
            schema = pa.ipc.open_stream(message.data).schema
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, schema):
                pass
            message.data = sink.getvalue().to_pybytes()
        return
    for child in build.children(message):
        _without_rows(child)
