"""Formulas of Markdown and LaTeX outputs: found as the notebook's page does, put back once the rest is HTML."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_OPENING = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[^`\n]*$|(?P<ticks>`+)|\\\$|(?P<block>\$\$)|(?P<inline>\$)"
    r"|\\begin\{(?P<name>[a-zA-Z]*\*?)\}|\\\\(?P<round>\()|\\\\(?P<square>\[)",
    re.MULTILINE,
)
"""What begins code, in which nothing is a formula, or a formula. `\\$` is neither."""
_FENCES = re.compile(r"^(`{3,}|~{3,})[ \t]*$", re.MULTILINE)
_BLANK = re.compile(r"\n(?=[ \t]*\n)")
_DOLLARS = re.compile(r"\\\$|(?P<dollar>\$)")
_TICKS = re.compile("`+")
_ENDS = re.compile(r"\\end\{([a-zA-Z]*\*?)\}")
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
        self.rest = "".join(self._without(text.replace("\ue000", "")))

    def _without(self, text: str) -> Iterator[str]:
        """Yield the text with a place for each formula. The time grows with the text, whatever is in it."""
        closing = _Closing(text)
        at = done = 0
        while (opening := _OPENING.search(text, at)) is not None:
            at = opening.end()
            if opening["fence"] or opening["ticks"]:
                at = closing.of_code(opening)
            elif opening.lastgroup is not None:
                begin, end, marks = closing.of_formula(opening)
                if end is None:
                    at = opening.start() + 1
                    continue
                at = end + len(marks)
                source = text[opening.start() : at]
                yield text[done : opening.start()]
                yield self._place(source, text[begin:end], opening)
                done = at
        yield text[done:]

    def _place(self, source: str, part: str, opening: re.Match[str]) -> str:
        inline = opening["inline"] or opening["round"]
        tex = rf"\({part}\)" if inline else rf"\[{part}\]"
        if opening["name"] is not None:
            tex = source
        self._found.append(Formula(source, tex, display=not inline))
        return f"\ue000{len(self._found) - 1}\ue001"

    def put_back(self, html: str, element: Callable[[Formula], str]) -> str:
        return _PLACE.sub(lambda place: element(self._found[int(place[1])]), html)


class _Closing:
    """Finds what closes code and formulas. Each mark is looked for once, so that no text takes long."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._blanks = [found.start() for found in _BLANK.finditer(text)]
        self._marks: dict[str, list[int]] = {}
        self._fences = [(found.start(), found.end(), found[1]) for found in _FENCES.finditer(text)]
        for found in _DOLLARS.finditer(text):
            if found["dollar"]:
                self._add("$", found)
        for found in _TICKS.finditer(text):
            self._add(found[0], found)
        for found in _ENDS.finditer(text):
            self._add(found[0], found)
        for mark in ("$$", r"\\)", r"\\]"):
            for found in re.finditer(re.escape(mark), text):
                self._add(mark, found)

    def _add(self, mark: str, found: re.Match[str]) -> None:
        self._marks.setdefault(mark, []).append(found.start())

    def _next(self, mark: str, start: int) -> int | None:
        positions = self._marks.get(mark, [])
        at = bisect_left(positions, start)
        return positions[at] if at < len(positions) else None

    def of_code(self, opening: re.Match[str]) -> int:
        """Return where code ends: a block at its closing fence or with the text, other code in its line. Ticks that
        nothing closes are no code, and end where they begin."""
        if not opening["fence"]:
            line = self._text.find("\n", opening.end())
            end = self._next(opening["ticks"], opening.end())
            within = end is not None and (line == -1 or end < line)
            return end + len(opening["ticks"]) if end is not None and within else opening.end()
        fence = opening["fence"]
        for at in range(bisect_left(self._fences, (opening.end(),)), len(self._fences)):
            _, end, mark = self._fences[at]
            if mark.startswith(fence):
                return end
        return len(self._text)

    def of_formula(self, opening: re.Match[str]) -> tuple[int, int | None, str]:
        """Return where a formula's own part begins and ends, and what closes it; None if nothing does before the next
        empty line."""
        begin = opening.end()
        name = opening["name"]
        if name is not None:
            mark = rf"\end{{{name}}}"
        else:
            mark = {"block": "$$", "inline": "$", "round": r"\\)", "square": r"\\]"}[opening.lastgroup or ""]
        end = self._next(mark, begin + 1)
        blank = bisect_left(self._blanks, begin)
        if end is not None and blank < len(self._blanks) and self._blanks[blank] < end:
            end = None
        return begin, end, mark
