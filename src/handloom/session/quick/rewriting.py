"""Apply the rules of `functions` to SQL text and to plans, so that both give Apache Spark's answers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pyspark.errors import AnalysisException

from handloom.session.quick import build, expressions
from handloom.session.quick.expressions import UNKNOWN, Node
from handloom.session.quick.functions import (
    AGGREGATES,
    CAST_TO_TEXT,
    LISTS,
    RULES,
    TEXT,
    UNIT_FIRST,
    error_text,
    guarded,
    is_plain,
    part_of,
    refused,
    require_known,
)
from handloom.session.quick.names import split

_PLACE = re.compile(r"\$(\d+)")
_TEXT_TYPES = re.compile(r"(?:string|varchar|char|text)\b", re.I)
_CLAUSES = frozenset(
    {"FROM", "WHERE", "GROUP", "HAVING", "ORDER", "SORT", "CLUSTER", "DISTRIBUTE", "LIMIT", "UNION", "INTERSECT",
     "EXCEPT", "MINUS", "WINDOW", "VALUES", "SET", "ON", "LATERAL", "QUALIFY", "OFFSET", "PIVOT", "UNPIVOT"}
)  # fmt: skip
_SELECTING = {"spark.connect.Project": "expressions", "spark.connect.Aggregate": "aggregate_expressions"}
_UNPIVOT = re.compile(r"\bUNPIVOT\s*\(", re.I)


_KEPT = re.compile(r"\s*(?:ALTER|DROP|SHOW|DESC|DESCRIBE|USE|SET|RESET|TRUNCATE|ANALYZE|REFRESH|COMMENT)\b", re.I)
_DEFINES = re.compile(r"\s*(?:CREATE|REPLACE|DECLARE)\b", re.I)
_QUERY = re.compile(r"\bAS\s*(?=\(?\s*(?:SELECT|WITH|VALUES|FROM|TABLE)\b)", re.I)


_NAME = r"(?:`(?:[^`]|``)*`|[\w.])+"
VIEW = re.compile(
    rf"\s*CREATE\s+(?:OR\s+REPLACE\s+)?VIEW\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>{_NAME})(?=\s+AS\b)", re.I
)
"""A view that lasts, without a list of its columns. The engine writes its query anew, and leaves out backticks."""
VIEW_WITH_COLUMNS = re.compile(rf"\s*CREATE\s+(?:OR\s+REPLACE\s+)?VIEW\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}\s*\(", re.I)


def of_statement(sql: str) -> str:
    """As `of_sql`, for any statement: of definitions, only the query is changed."""
    if _KEPT.match(sql):
        return sql
    if _DEFINES.match(sql):
        match = _QUERY.search(sql)
        is_named = not VIEW_WITH_COLUMNS.match(sql)
        return sql[: match.end()] + of_sql(sql[match.end() :], is_named=is_named) if match else sql
    return of_sql(sql)


def of_sql(sql: str, *, is_named: bool = True) -> str:
    """The query with the functions that the engine answers differently replaced. `is_named` keeps columns' names."""
    sql = _DATES_IN_RANGE.sub(_range_of_dates, expressions.single_quotes(sql))
    _require_literals(sql)
    if _UNPIVOT.search(sql):
        raise refused("UNPIVOT without INCLUDE NULLS")
    nameless = unnamed(sql) if is_named else set()

    def change(node: Node, texts: list[str], tail: str) -> str | None:
        template = _template(node, tail)
        if template is None:
            return None
        if template == _LISTED:
            return f"array_compact({node.name}({', '.join(texts)}){tail})"
        return _filled(template, node, texts) + tail

    def named(node: Node, text: str) -> str:
        is_changed = text != sql[node.start : node.end]
        return f"{text} AS {quoted(name_of(sql, node))}" if is_changed and (node.start, node.end) in nameless else text

    return expressions.rewrite(sql, change, named)


def _require_literals(sql: str) -> None:
    """Raise for forms of literals that the engine reads as texts and Apache Spark does not have: e'', b'', n'', $$."""
    words = expressions.tokens(sql)
    for word, after in itertools.pairwise(words):
        if word.end != after.start:
            continue
        if word.kind == "word" and word.upper in _OTHER_LITERALS and after.kind == "text":
            raise AnalysisException(
                f'[UNSUPPORTED_TYPED_LITERAL] Literals of the type "{word.upper}" are not supported. Supported types '
                'are "DATE", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP", "INTERVAL", "X", "TIME". SQLSTATE: 0A000'
            )
        if word.text == after.text == "$":
            raise AnalysisException("[PARSE_SYNTAX_ERROR] Syntax error at or near '$'. SQLSTATE: 42601")


_OTHER_LITERALS = frozenset({"E", "B", "N"})


def _range_of_dates(match: re.Match[str]) -> str:
    """The order of a window with a range of intervals or numbers: the engine counts dates in other units."""
    key = match["key"]
    if "INTERVAL" in match["bounds"].upper():
        return f"{match['by']}cast({key} as timestamp){match['rest']}{match['bounds']}"
    refusal = error_text("a range of days over dates in a window; order by datediff(x, '1970-01-01')")
    return f"{match['by']}if(typeof({key}) = 'date', {refusal}, {key}){match['rest']}{match['bounds']}"


_BOUND = r"(?:INTERVAL\b[^()]*?|[\d.]+\s+)"
_DATES_IN_RANGE = re.compile(
    r"(?P<by>\bORDER\s+BY\s+)(?P<key>(?:[^(),]|\((?:[^()]|\([^()]*\))*\))+?)"
    r"(?P<rest>(?:\s+(?:ASC|DESC))?(?:\s+NULLS\s+(?:FIRST|LAST))?\s+RANGE\s+)"
    rf"(?P<bounds>(?:BETWEEN\s+)?(?:{_BOUND}|UNBOUNDED\s+PRECEDING\s+AND\s+{_BOUND}|CURRENT\s+ROW\s+AND\s+{_BOUND})"
    r"(?:PRECEDING|FOLLOWING))",
    re.I,
)
_LISTED = "listed"
_SMALLEST, _SMALLEST_LONG = -(2**31), -(2**63)


def _template(node: Node, tail: str) -> str | None:  # noqa: PLR0911 - one for each kind
    """What stands for an expression of SQL text; None to keep it."""
    if node.kind == "call":
        require_known(node.name, in_sql=True)
        if node.name in LISTS and "OVER" in tail.upper():
            return _LISTED
        rule = RULES.get(node.name)
        template = rule(_values(node)) if rule else None
        if template and tail and node.name in AGGREGATES:
            raise refused(f"{node.name} with OVER or FILTER")
        return template
    if node.kind == "operator" and node.name == "-":
        is_chain = any(child.kind in ("operator", "list") or child.name == "INTERVAL" for child in node.children)
        return None if is_chain else RULES["-"]([child.value for child in node.children])
    if node.kind == "operator" and node.name == "||":
        plain = [child.kind == "operator" or is_plain(_value(child)) for child in node.children]
        parts = [f"${at}" if one else guarded(f"${at}") for at, one in enumerate(plain)]
        return None if all(plain) else " || ".join(parts)
    if node.kind == "extract":
        return part_of(node.name, "$0")
    if node.kind in ("cast", "try_cast") and _TEXT_TYPES.fullmatch(node.name.strip()):
        return TEXT
    if node.kind == "literal" and node.name == "-" and node.value == _SMALLEST:
        return f"cast({_SMALLEST}L as int)"  # the engine takes the positive number first, which is a bigint
    if node.kind == "literal" and node.name == "-" and node.value == _SMALLEST_LONG:
        return f"cast({_SMALLEST_LONG}BD as bigint)"
    if node.kind == "literal" and node.name == "-" and node.value in (-_SMALLEST, -_SMALLEST_LONG):
        raise refused("the smallest integer with its sign changed")
    if node.kind == "literal" and node.name == "TIME":
        raise refused("the type TIME")
    if node.kind == "predicate" and node.name.split()[-1] in ("ANY", "SOME", "ALL") and len(node.children) == 2:
        return _any_or_all(node)
    return None


def _any_or_all(node: Node) -> str:
    """LIKE ANY and LIKE ALL as one LIKE per pattern."""
    *negated, like, some = node.name.split()
    joint = " AND " if some == "ALL" else " OR "
    patterns = range(1, len(node.children[1].children) + 1)
    return "(" + joint.join(f"$0 {' '.join([*negated, like])} ${number}" for number in patterns) + ")"


def _values(call: Node) -> list[Any]:
    """The constants among the arguments of a call; of a unit of time, its name."""
    values = [_value(child) for child in call.children]
    return [call.children[0].name, *values[1:]] if call.name in UNIT_FIRST and len(values) == 3 else values


def _value(node: Node) -> Any:
    if node.kind == "call" and node.name == "array":
        return [_value(child) for child in node.children]
    if node.kind in ("cast", "try_cast") and _TEXT_TYPES.fullmatch(node.name.strip()):
        return CAST_TO_TEXT
    return node.value


def _filled(template: str, node: Node, texts: Sequence[str]) -> str:
    if node.kind == "predicate":
        texts = [texts[0], *_split_list(texts[1])]
    atomic = [not re.search(r"[\s+\-*/%<>=|&^]", text) for text in texts]
    parts = [text if plain else f"({text})" for text, plain in zip(texts, atomic, strict=True)]
    return _PLACE.sub(lambda match: parts[int(match[1])], template)


def _split_list(text: str) -> list[str]:
    """The texts of the items of a list in brackets."""
    (inside,) = expressions.parse(text)
    return [text[child.start : child.end] for child in inside.children]


def unnamed(sql: str) -> set[tuple[int, int]]:
    """Where the items of select lists stand that have no name of their own."""
    found: set[tuple[int, int]] = set()
    stack: list[list[Any]] = [[False, None, 0]]  # in a select list; first and last character of the item

    def close() -> None:
        selecting, first, last = stack[-1]
        if selecting and first is not None:
            found.add((first, last))
        stack[-1][1] = None

    for token in expressions.tokens(sql):
        word = token.upper if token.kind == "word" else token.text
        if word in (")", "]") and len(stack) > 1:
            close()
            stack.pop()
        elif word == "SELECT" or (word in _CLAUSES and token.kind == "word"):
            close()
            stack[-1][0] = word == "SELECT"
            continue
        elif word == "," or (word in ("DISTINCT", "ALL") and stack[-1][1] is None):
            close()
            continue
        if stack[-1][1] is None:
            stack[-1][1] = token.start
        stack[-1][2] = token.end
        if word in ("(", "["):
            stack.append([False, None, 0])
    close()
    return found


def _shown(value: Any) -> str:
    """A constant as Java writes it: 1.0E20."""
    if not isinstance(value, float) or value == 0 or _LEAST_PLAIN <= abs(value) < _MOST_PLAIN:
        return str(value)
    digits = Decimal(repr(value)).normalize().as_tuple()
    figures = "".join(map(str, digits.digits))
    sign = "-" if digits.sign else ""
    return f"{sign}{figures[0]}.{figures[1:] or '0'}E{int(digits.exponent) + len(figures) - 1}"


_LEAST_PLAIN, _MOST_PLAIN = 1e-3, 1e7


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def name_of(sql: str, node: Node) -> str:  # noqa: PLR0911 - one for each kind
    """The name that Apache Spark gives to a column without one."""
    children = [name_of(sql, child) for child in node.children]
    if node.kind == "literal":
        return (
            "NULL"
            if node.value is None
            else sql[node.start : node.end]
            if node.value is UNKNOWN
            else _shown(node.value)
        )
    if node.kind == "name":
        return split(sql[node.start : node.end])[-1]
    if node.kind == "call":
        if node.name in ("round", "bround") and len(children) == 1:
            children.append("0")
        return f"{node.name}({', '.join(children)}){sql[node.tail[0] : node.tail[1]]}"
    if node.kind == "operator":
        return f"({children[0]} {node.name} {children[1]})"
    if node.kind == "predicate" and node.name.split()[-1] in ("LIKE", "ILIKE", "RLIKE") and len(children) == 2:
        like = f"{children[0]} {node.name.split()[-1]} {children[1]}"
        return f"(NOT {like})" if node.name.startswith("NOT") else like
    if node.kind == "cast":
        is_column = node.children and node.children[0].kind == "name"
        return children[0] if is_column else f"CAST({children[0]} AS {node.name.upper()})"
    if node.kind == "other" and node.name.isidentifier() and len(children) == 1 and node.name != "case":
        start = sql[node.start : node.children[0].start]
        if start.upper().split("(")[-1].strip() == "DISTINCT":
            return f"{node.name}(DISTINCT {children[0]}){sql[node.tail[0] : node.tail[1]]}"
    return sql[node.start : node.end]


def of_expression(expression: Any) -> bool:
    """Change an expression of a plan in place, its parts first; whether anything changed."""
    kind = expression.WhichOneof("expr_type")
    if kind == "window" and expression.window.window_function.unresolved_function.function_name.lower() in LISTS:
        inside = type(expression)()
        inside.CopyFrom(expression)
        expression.CopyFrom(build.call("array_compact", inside))
        return True
    if kind == "window" and _has_range(expression.window.frame_spec):
        refusal = error_text("a range of days over dates in a window; order by datediff(x, '1970-01-01')")
        for order in expression.window.order_spec:
            order.child.CopyFrom(_made(_parsed(f"if(typeof($0) = 'date', {refusal}, $0)"), [_copied(order.child)]))
        return True
    if kind == "expression_string":
        made = of_sql(expression.expression_string.expression)
        changed = bool(made != expression.expression_string.expression)
        expression.expression_string.expression = made
        return changed
    template, arguments = _proto_template(expression, kind)
    if template is None:
        return False
    expression.CopyFrom(_made(_parsed(template), arguments))
    return True


def _has_range(frame: Any) -> bool:
    """Whether the frame of a window is a range of values before or after the current one."""
    has_value = frame.lower.HasField("value") or frame.upper.HasField("value")
    return bool(has_value and frame.frame_type == frame.FRAME_TYPE_RANGE)


def _copied(expression: Any) -> Any:
    made = type(expression)()
    made.CopyFrom(expression)
    return made


def _proto_template(expression: Any, kind: str) -> tuple[str | None, list[Any]]:
    """The template for an expression of a plan, and its arguments."""
    if kind == "unresolved_function":
        call = expression.unresolved_function
        require_known(call.function_name, in_sql=False)
        rule = RULES.get(call.function_name.lower())
        if call.function_name == "-" and any(_is_operator(one) for one in call.arguments):
            rule = None  # no dates: numbers, of which a long chain would grow with each step
        return (rule([constant_of(one) for one in call.arguments]) if rule else None), list(call.arguments)
    if kind == "cast":
        cast = expression.cast
        name = cast.type_str if cast.HasField("type_str") else (cast.type.WhichOneof("kind") or "")
        return (TEXT if _TEXT_TYPES.fullmatch(name.strip()) else None), [cast.expr]
    return None, []


def _is_operator(expression: Any) -> bool:
    name = expression.unresolved_function.function_name
    return expression.WhichOneof("expr_type") == "unresolved_function" and not name.isidentifier()


def constant_of(expression: Any) -> Any:  # noqa: PLR0911 - one for each kind
    """The value of a literal of a plan."""
    kind = expression.WhichOneof("expr_type")
    if kind == "unresolved_function" and expression.unresolved_function.function_name == "array":
        return [constant_of(one) for one in expression.unresolved_function.arguments]
    if kind == "cast" and expression.cast.type_str == "string":
        return CAST_TO_TEXT
    if kind != "literal":
        return UNKNOWN
    literal = expression.literal
    which = literal.WhichOneof("literal_type")
    if which == "null":
        return None
    if which == "array":
        elements = (type(expression)(literal=element) for element in literal.array.elements)
        return [constant_of(one) for one in elements]
    if which == "decimal":
        return float(literal.decimal.value)
    if which in ("string", "boolean", "byte", "short", "integer", "long", "double", "float"):
        return getattr(literal, which)
    return UNKNOWN


@lru_cache(maxsize=256)
def _parsed(template: str) -> Node:
    (node,) = expressions.parse(template)
    return node


def _made(node: Node, arguments: Sequence[Any]) -> Any:  # noqa: PLR0911 - one for each kind
    """The expression of a plan from a template."""
    if node.kind == "parameter":
        return arguments[int(node.name[1:])]
    if node.kind == "list":
        return _made(node.children[0], arguments)
    if node.kind == "literal":
        return build.literal(node.value)
    if node.kind == "name":
        return build.variable(node.name)
    if node.name in UNIT_FIRST and len(node.children) == 3:
        unit, *times = node.children
        return build.call(node.name, build.literal(unit.name), *(_made(one, arguments) for one in times))
    children = [_made(child, arguments) for child in node.children]
    if node.kind in ("cast", "try_cast"):
        return build.cast(children[0], node.name, is_try=node.kind == "try_cast")
    if node.kind == "lambda":
        return build.function(node.name, children[0])
    if node.kind == "prefix":
        return build.call("negative", *children)
    name = node.name.lower() if node.kind in ("operator", "call") else ""
    assert name, f"A template has {node.kind} {node.name}, which is not known here."
    return build.call(name, *children)


def name_of_expression(expression: Any) -> str | None:  # noqa: PLR0911 - one for each kind
    """The name that Apache Spark gives to a column of a plan without one; None where it is not known here."""
    kind = expression.WhichOneof("expr_type")
    if kind == "unresolved_attribute":
        return split(str(expression.unresolved_attribute.unparsed_identifier))[-1]
    if kind == "literal":
        value = constant_of(expression)
        return None if value is UNKNOWN or isinstance(value, list) else "NULL" if value is None else str(value)
    if kind == "cast":
        inner = expression.cast.expr
        is_column = inner.WhichOneof("expr_type") == "unresolved_attribute"
        name = name_of_expression(inner)
        decimal = expression.cast.type.decimal
        written = f"DECIMAL({decimal.precision},{decimal.scale})" if expression.cast.type.HasField("decimal") else ""
        kind_name = written or expression.cast.type_str.upper() or "STRING"
        return name if is_column or name is None else f"CAST({name} AS {kind_name})"
    if kind == "expression_string":
        text = expression.expression_string.expression
        nodes = expressions.parse(text)
        return name_of(text, nodes[0]) if len(nodes) == 1 and (nodes[0].start, nodes[0].end) == (0, len(text)) else None
    if kind == "window":
        return name_of_expression(expression.window.window_function)
    if kind != "unresolved_function":
        return None
    call = expression.unresolved_function
    names = [name_of_expression(one) for one in call.arguments]
    if None in names:
        return None
    if call.function_name in ("round", "bround") and len(names) == 1:
        names.append("0")
    if call.function_name == "when":
        pairs = "".join(f" WHEN {names[i]} THEN {names[i + 1]}" for i in range(0, len(names) - 1, 2))
        return f"CASE{pairs}{f' ELSE {names[-1]}' if len(names) % 2 else ''} END"
    if call.function_name.upper() in ("LIKE", "ILIKE", "RLIKE") and len(names) == 2:
        return f"{names[0]} {call.function_name.upper()} {names[1]}"
    if not call.function_name.isidentifier() or call.function_name.upper() in ("AND", "OR"):
        return f"({names[0]} {call.function_name.upper()} {names[1]})" if len(names) == 2 else None
    return f"{call.function_name}({', '.join(map(str, names))})"


@contextmanager
def keeping_names(message: Any) -> Iterator[None]:
    """Give the columns that are changed meanwhile, and have no name of their own, the name they had."""
    field = _SELECTING.get(message.DESCRIPTOR.full_name)
    columns = [one for one in getattr(message, field) if one.WhichOneof("expr_type") != "alias"] if field else []
    before = [(one, one.SerializeToString(), name_of_expression(one)) for one in columns]
    yield
    for column, was, name in before:
        if name is not None and (column.SerializeToString() != was or " LIKE " in name):
            named = build.alias(column, name)
            column.CopyFrom(named)
