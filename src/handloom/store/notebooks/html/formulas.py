"""Formulas of Markdown and LaTeX outputs: found as the notebook's page does, put back once the rest is HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_PART = r"(?:(?!\n[ \t]*\n).)+?"
"""What a formula may hold: no empty line."""
_FOUND = re.compile(
    r"(?P<code>^(?P<fence>`{3,}|~{3,})[^`\n]*\n.*?^(?P=fence)[`~]*[ \t]*$"
    r"|(?<!`)(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)"
    r"|\\\$)"
    rf"|\$\$(?P<block>{_PART})\$\$"
    rf"|\$(?P<inline>(?:\\\$|(?!\n[ \t]*\n)[^$])+?)\$"
    rf"|(?P<environment>\\begin\{{(?P<name>[a-zA-Z]*\*?)\}}{_PART}\\end\{{(?P=name)\}})"
    rf"|\\\\\((?P<round>{_PART})\\\\\)"
    rf"|\\\\\[(?P<square>{_PART})\\\\\]",
    re.DOTALL | re.MULTILINE,
)
_PLACE = re.compile("\ue000(\\d+)\ue001")


@dataclass(frozen=True, slots=True)
class Formula:
    """`source` as it was typed, `tex` with the marks that the library knows."""

    source: str
    tex: str
    display: bool


class Formulas:
    """Takes the formulas out of a text, so that Markdown does not change them."""

    def __init__(self, text: str) -> None:
        self._found: list[Formula] = []
        self.rest = _FOUND.sub(self._take, text.replace("\ue000", ""))

    def _take(self, found: re.Match[str]) -> str:
        inline = found["inline"] or found["round"]
        display = found["block"] or found["square"]
        if found["code"] or not (inline or display or found["environment"]):
            return found[0]
        tex = found["environment"] or (rf"\({inline}\)" if inline else rf"\[{display}\]")
        self._found.append(Formula(found[0], tex, display=not inline))
        return f"\ue000{len(self._found) - 1}\ue001"

    def put_back(self, html: str, element: Callable[[Formula], str]) -> str:
        return _PLACE.sub(lambda place: element(self._found[int(place[1])]), html)
