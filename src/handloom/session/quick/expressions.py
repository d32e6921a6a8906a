"""Expressions in SQL text: where they stand, what they call with which arguments, and the same text with changes.

Only the structure of expressions is read. Clauses, names of tables and types pass through as they are, so that a
statement comes out as it was written, apart from the expressions that are changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

_TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*|/\*.*?\*/)"
    r"|(?P<text>[rR]?'(?:[^'\\]|\\.|'')*'|[rR]?\"(?:[^\"\\]|\\.|\"\")*\")"
    r"|(?P<quoted>`(?:[^`]|``)*`)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:BD|[LSYDFlsydf])?(?![\w]))"
    r"|(?P<word>\w+)"
    r"|(?P<parameter>\$\d+)"
    r"|(?P<marker>:[A-Za-z_]\w*|\?)"
    r"|(?P<other><=>|>>>|->|=>|::|\|\||<<|>>|<=|>=|<>|!=|!<|!>|==|\|>|.)",
    re.DOTALL,
)
_RESERVED = frozenset(
    {
        "SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "SORT", "CLUSTER", "DISTRIBUTE", "LIMIT",
        "OFFSET", "UNION", "INTERSECT", "EXCEPT", "MINUS", "ON", "USING", "JOIN", "INNER", "LEFT", "RIGHT",
        "FULL", "CROSS", "SEMI", "ANTI", "NATURAL", "LATERAL", "WINDOW", "AS", "BY", "WHEN", "THEN", "ELSE",
        "END", "SET", "VALUES", "INTO", "TABLE", "VIEW", "AND", "OR", "IN", "IS", "LIKE", "ILIKE", "RLIKE",
        "REGEXP", "BETWEEN", "ASC", "DESC", "NULLS", "ROWS", "RANGE", "OVER", "FILTER", "WITHIN", "PIVOT",
        "UNPIVOT", "WITH", "DISTINCT", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "DROP", "ALTER",
        "MATCHED", "ESCAPE", "DIV", "QUALIFY", "TABLESAMPLE", "FOR",
    }
)  # fmt: skip
_ALSO_FUNCTIONS = frozenset({"LEFT", "RIGHT", "LIKE", "ILIKE", "RLIKE", "REGEXP", "FILTER"})
_BINARY = {
    "OR": 1, "AND": 2, "=": 4, "==": 4, "<=>": 4, "<>": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "!<": 4, "!>": 4,
    "|": 5, "^": 6, "&": 7, "<<": 8, ">>": 8, ">>>": 8, "+": 9, "-": 9, "||": 9, "*": 10, "/": 10, "%": 10, "DIV": 10,
}  # fmt: skip
_PREDICATE, _NOT, _UNARY = 4, 3, 11
_LITERAL_TYPES = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIME", "X"})
_UNITS = frozenset(
    unit + plural
    for unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")
    for plural in ("", "S")
)
UNKNOWN = object()
"""The value of an expression that is no constant."""


@dataclass(slots=True)
class ExpressionToken:
    kind: str
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        return self.text.upper() if self.kind == "word" else self.text


@dataclass(slots=True)
class Node:
    """An expression. `kind` is call, operator, cast, extract, lambda, literal, name, parameter, list or other."""

    kind: str
    name: str
    start: int
    """First character."""
    end: int
    children: list[Node] = field(default_factory=list)
    value: Any = UNKNOWN
    tail: tuple[int, int] = (0, 0)
    """Where OVER, FILTER and WITHIN GROUP stand after a call."""
    inside: list[Node] = field(default_factory=list)
    """Expressions within the tail."""

    @property
    def parts(self) -> list[Node]:
        return self.children + self.inside


def tokens(sql: str) -> list[ExpressionToken]:
    """The words of SQL text, without spaces and comments."""
    found = (ExpressionToken(str(m.lastgroup), m[0], m.start(), m.end()) for m in _TOKEN.finditer(sql))
    return [token for token in found if token.kind != "space"]


def commas(text: str) -> list[str]:
    """The parts of a text between commas that are in no parentheses and no CASE."""
    parts, start, depth = [], 0, 0
    for token in tokens(text):
        depth += depth_of(token)
        if depth == 0 and token.text == ",":
            parts.append(text[start : token.start])
            start = token.end
    return [*parts, text[start:]]


def depth_of(token: ExpressionToken) -> int:
    """How much deeper a word leads into parentheses and CASE: 1, 0 or -1."""
    word = token.upper
    return (word in ("(", "[", "CASE")) - (word in (")", "]", "END"))


def parse(sql: str) -> list[Node]:
    """The expressions of a statement, outermost ones; clauses between them are left out."""
    return _Parser(sql).soup(None)


Change = Callable[[Node, list[str], str], str | None]
"""From an expression, the texts of its children and of its tail, to its own text; None to keep it."""
Named = Callable[[Node, str], str]
"""From an expression and its text to the text with a name."""


def rewrite(sql: str, change: Change, named: Named = lambda _, text: text) -> str:
    """The text with each expression as `change` wants it, innermost first."""
    return _with(sql, (0, len(sql)), parse(sql), (change, named))


def _with(sql: str, span: tuple[int, int], nodes: list[Node], how: tuple[Change, Named]) -> str:
    return joined(sql, span, [(node, _text(sql, node, how)) for node in nodes])


def _text(sql: str, node: Node, how: tuple[Change, Named]) -> str:
    change, named = how
    texts = [_text(sql, child, how) for child in node.children]
    tail = _with(sql, node.tail, node.inside, how) if node.tail[1] else ""
    text = change(node, texts, tail)
    if text is None:
        end = node.tail[0] if node.tail[1] else node.end
        text = joined(sql, (node.start, end), list(zip(node.children, texts, strict=True))) + tail
    return named(node, text)


def joined(sql: str, span: tuple[int, int], parts: list[tuple[Node, str]]) -> str:
    """The text of a span, with other texts where the parts stand."""
    made, at = [], span[0]
    for node, text in sorted(parts, key=lambda part: part[0].start):
        made += [sql[at : node.start], text]
        at = node.end
    return "".join(made) + sql[at : span[1]]


def walk(nodes: list[Node]) -> Iterator[Node]:
    """Every expression below these, and they themselves."""
    for node in nodes:
        yield node
        yield from walk(node.parts)


class _Parser:
    """Reads expressions from left to right. What it does not know ends an expression and is stepped over."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._tokens = tokens(sql)
        self._at = 0

    def soup(self, closing: str | None) -> list[Node]:
        """The expressions up to a closing token, with whatever stands between them."""
        found: list[Node] = []
        while (token := self._peek()) is not None and token.upper != closing:
            before = self._at
            node = self._expression(0)
            if node is not None:
                found.append(node)
            if self._at == before:
                self._at += 1
        return found

    def _peek(self, ahead: int = 0) -> ExpressionToken | None:
        number = self._at + ahead
        return self._tokens[number] if number < len(self._tokens) else None

    def _is(self, *words: str, ahead: int = 0) -> bool:
        token = self._peek(ahead)
        return token is not None and token.upper in words and token.kind in ("word", "other")

    def _end(self) -> int:
        return self._tokens[self._at - 1].end

    def _close(self, sign: str) -> None:
        if self._is(sign):
            self._at += 1

    def _expression(self, power: int) -> Node | None:
        left = self._prefix()
        while left is not None:
            more = self._postfix(left) or self._infix(left, power)
            if more is None:
                break
            left = more
        return left

    def _infix(self, left: Node, power: int) -> Node | None:
        token = self._peek()
        assert token is None or token.end > 0
        if token is None or token.kind not in ("word", "other"):
            return None
        negated = self._is("NOT") and self._is("BETWEEN", "IN", "LIKE", "ILIKE", "RLIKE", "REGEXP", ahead=1)
        if negated or self._is("IS", "BETWEEN", "IN", "LIKE", "ILIKE", "RLIKE", "REGEXP"):
            return self._predicate(left, negated) if power < _PREDICATE else None
        binds = _BINARY.get(token.upper, 0)
        if binds <= power:
            return None
        self._at += 1
        right = self._expression(binds)
        if right is None:
            return Node("other", "", left.start, self._end(), [left])
        return Node("operator", token.upper, left.start, right.end, [left, right])

    def _predicate(self, left: Node, negated: bool) -> Node:
        self._at += negated
        word = self._tokens[self._at].upper
        self._at += 1
        children = [left]
        if word == "IS":
            while self._is("NOT", "NULL", "TRUE", "FALSE", "UNKNOWN", "DISTINCT", "FROM"):
                is_from = self._is("FROM")
                self._at += 1
                if is_from and (other := self._expression(_PREDICATE)) is not None:
                    children.append(other)
        elif word == "BETWEEN":
            children += filter(None, [self._expression(_PREDICATE)])
            if self._is("AND"):
                self._at += 1
                children += filter(None, [self._expression(_PREDICATE)])
        else:
            some = self._peek()
            if self._is("ANY", "SOME", "ALL") and some is not None:
                self._at += 1
                word += f" {some.upper}"
            children += filter(None, [self._expression(_PREDICATE)])
            if self._is("ESCAPE"):
                self._at += 2
        return Node("predicate", ("NOT " if negated else "") + word, left.start, self._end(), children)

    def _postfix(self, left: Node) -> Node | None:
        if self._is("["):
            self._at += 1
            inside = self.soup("]")
            self._close("]")
            return Node("other", "[]", left.start, self._end(), [left, *inside])
        if self._is("::"):
            self._at += 1
            kind = self._type()
            return Node("cast", kind, left.start, self._end(), [left])
        if self._is(".") and (after := self._peek(1)) is not None and after.kind in ("word", "quoted"):
            self._at += 2
            kind = "name" if left.kind == "name" else "other"
            return Node(kind, "", left.start, self._end(), [] if left.kind == "name" else [left])
        return None

    def _type(self) -> str:
        """The name of a type, with what stands in brackets behind it."""
        first = self._peek()
        if first is None:
            return ""
        start, depth = first.start, 0
        self._at += 1
        if self._is("(", "<"):
            opening = {"(": ")", "<": ">"}[self._tokens[self._at].text]
            sign = self._tokens[self._at].text
            while (token := self._peek()) is not None:
                depth += (token.text == sign) - token.text.count(opening)
                self._at += 1
                if depth <= 0:
                    break
        while self._is("TO", *_UNITS) and first.upper == "INTERVAL":
            self._at += 1
        return self._sql[start : self._end()]

    def _prefix(self) -> Node | None:  # noqa: PLR0911 - one for each kind of token
        token = self._peek()
        if token is None:
            return None
        if token.kind in ("text", "number", "parameter"):
            self._at += 1
            kind = "parameter" if token.kind == "parameter" else "literal"
            return Node(kind, token.text, token.start, token.end, value=constant(token))
        if token.kind == "marker":
            self._at += 1
            return Node("name", token.text, token.start, token.end)
        if token.kind == "other":
            return self._sign(token)
        word = token.upper
        if word in ("NOT", "EXISTS") and token.kind == "word" and not self._is("(", ahead=1):
            self._at += 1
            inside = self._expression(_NOT)
            return Node("other", word, token.start, self._end(), [inside] if inside else [])
        if token.kind == "word" and word in _RESERVED and not (self._is("(", ahead=1) and word in _ALSO_FUNCTIONS):
            return None
        return self._word(token)

    def _sign(self, token: ExpressionToken) -> Node | None:  # noqa: PLR0911 - one for each sign
        if token.text in ("-", "+", "~", "!"):
            self._at += 1
            inside = self._expression(_UNARY)
            if inside is None:
                return Node("other", token.text, token.start, self._end())
            value = inside.value
            if token.text == "-" and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                return Node("literal", "-", token.start, inside.end, value=-value)
            return Node("prefix", token.text, token.start, inside.end, [inside])
        if token.text == "*":
            self._at += 1
            return Node("other", "*", token.start, token.end)
        if token.text == "(":
            self._at += 1
            inside_list = self.soup(")")
            self._close(")")
            end = self._end()
            if self._is("->"):
                return self._lambda(token.start)
            value = inside_list[0].value if len(inside_list) == 1 else UNKNOWN
            return Node("list", "()", token.start, end, inside_list, value=value)
        return None

    def _lambda(self, start: int) -> Node:
        arrow = self._tokens[self._at].start
        self._at += 1
        body = self._expression(0)
        return Node("lambda", self._sql[start:arrow].strip(), start, self._end(), [body] if body else [])

    def _word(self, token: ExpressionToken) -> Node:  # noqa: PLR0911 - one for each kind of word
        word = token.upper if token.kind == "word" else ""
        self._at += 1
        after = self._peek()
        if self._is("->"):
            return self._lambda(token.start)
        if word in _LITERAL_TYPES and after is not None and after.kind == "text":
            self._at += 1
            return Node("literal", word, token.start, after.end)
        if word == "INTERVAL" and after is not None and after.kind in ("text", "number", "other"):
            return self._interval(token)
        if word == "CASE":
            inside = self.soup("END")
            self._close("END")
            return Node("other", "CASE", token.start, self._end(), inside)
        if word in ("NULL", "TRUE", "FALSE"):
            return Node("literal", word, token.start, token.end, value={"NULL": None, "TRUE": True}.get(word, False))
        if self._is("(") and token.kind == "word":
            return self._call(token)
        return Node("name", token.text, token.start, token.end)

    def _interval(self, token: ExpressionToken) -> Node:
        while True:
            inside = self._expression(_UNARY)
            if inside is None or not self._is(*_UNITS):
                break
            while self._is("TO", *_UNITS):
                self._at += 1
            after = self._peek()
            if after is None or after.kind not in ("text", "number"):
                break
        return Node("literal", "INTERVAL", token.start, self._end())

    def _call(self, token: ExpressionToken) -> Node:
        self._at += 1
        word = token.upper
        if word == "EXTRACT" and self._is("FROM", ahead=1):
            part = self._tokens[self._at]
            self._at += 2
            inside = self._expression(0)
            self._close(")")
            return Node("extract", part.text, token.start, self._end(), [inside] if inside else [])
        children: list[Node] = []
        plain = True
        while (here := self._peek()) is not None and here.text != ")":
            before = self._at
            if (child := self._expression(0)) is not None:
                children.append(child)
            if self._is("AS") and word in ("CAST", "TRY_CAST"):
                self._at += 1
                kind = self._type()
                self._close(")")
                return Node("cast" if word == "CAST" else "try_cast", kind, token.start, self._end(), children)
            if self._is(","):
                self._at += 1
            elif not self._is(")"):
                plain = False
            if self._at == before:
                self._at += 1
        self._close(")")
        node = Node("call" if plain else "other", token.text.lower(), token.start, self._end(), children)
        return self._tail(node)

    def _tail(self, node: Node) -> Node:
        start = self._at
        while self._is("OVER", "FILTER", "WITHIN", "IGNORE", "RESPECT"):
            self._at += 2 if self._is("WITHIN", "IGNORE", "RESPECT") else 1
            if self._is("("):
                self._at += 1
                node.inside += self.soup(")")
                self._close(")")
            elif (after := self._peek()) is not None and self._tokens[self._at - 1].upper == "OVER" and after:
                self._at += 1
        if self._at > start:
            node.tail = (node.end, self._end())
            node.end = self._end()
        return node


def constant(token: ExpressionToken) -> Any:
    """The value of a literal."""
    text = token.text
    if token.kind == "text":
        raw = text[:1] in "rR"
        sign = text[1] if raw else text[0]
        body = text[2:-1] if raw else text[1:-1]
        return body if raw else unescaped(body.replace(sign * 2, sign))
    if token.kind != "number":
        return UNKNOWN
    upper = text.upper()
    if upper.endswith("BD"):
        return Decimal(upper[:-2])
    if upper[-1] in "DF" or ("E" in upper and upper[-1].isdigit()):
        return float(upper.rstrip("DF"))
    if upper[-1] in "LSY":
        return int(upper[:-1])
    return Decimal(upper) if "." in upper else int(upper)


def unescaped(body: str) -> str:
    """The text of a string literal's inside."""
    known = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a", "%": "\\%", "_": "\\_"}

    def one(match: re.Match[str]) -> str:
        found = match[1]
        return chr(int(found[1:], 16)) if len(found) > 1 else known.get(found, found)

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", one, body, flags=re.S)


def single_quotes(sql: str) -> str:
    """The text with quotes in literals escaped by a backslash: the engine takes '' for two literals side by side."""
    made = []
    for match in _TOKEN.finditer(sql):
        text = match[0]
        if match.lastgroup == "text" and text[0] in "'\"" and text[0] * 2 in text[1:-1]:
            sign = text[0]
            inside = re.findall(rf"\\.|{sign * 2}|.", text[1:-1], re.S)
            text = sign + "".join("\\" + sign if part == sign * 2 else part for part in inside) + sign
        made.append(text)
    return "".join(made)
