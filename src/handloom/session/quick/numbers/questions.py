"""Ask the quick engine for the types of expressions, by the plan that it makes of a query with marks in it.

A mark is `if(typeof(x) = '#1', null, x)`: the engine computes `typeof` while it plans, so that its plan names the type.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from handloom.session.quick.numbers.arithmetic import canonical

_ANSWER = re.compile(r'Utf8\("([^"]*)"\)(?: END)? = Utf8\("#(\d+)"\)')
_FIRST_PLAN_ENDS = "\n== Analyzed Logical Plan =="

Kinds = dict[tuple[Any, ...], str]
"""The type of each expression that was asked for and that has one type in all places."""
Explain = Callable[[str], str]
"""From a query to the plan that the engine makes of it."""


class Questions:
    """The expressions of one query whose types are asked for."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Any, ...], int] = {}

    def __bool__(self) -> bool:
        return bool(self._numbers)

    def mark(self, key: tuple[Any, ...]) -> str:
        """The text by which the plan names the expression."""
        return f"#{self._numbers.setdefault(key, len(self._numbers) + 1)}"

    def asked(self) -> str:
        """A select list that asks for all of them; the last part of each key is the text of an expression."""
        return ", ".join(f"typeof({key[-1]}) = '#{number}'" for key, number in self._numbers.items())

    def answers(self, plan: str) -> Kinds:
        found: dict[int, set[str]] = {}
        for kind, number in _ANSWER.findall(plan.partition(_FIRST_PLAN_ENDS)[0]):
            found.setdefault(int(number), set()).add(canonical(kind))
        known = {number: kinds.pop() for number, kinds in found.items() if len(kinds) == 1}
        return {key: known[number] for key, number in self._numbers.items() if number in known}
