"""A chart of cost against size as SVG: both axes logarithmic, a line for each kind of work."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 860, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 290, 30, 50
COLOURS = ("#0f6cbd", "#c4314b", "#13a10e", "#8764b8", "#ca5010", "#038387", "#986f0b", "#5c5c5c")


def svg(title: str, sizes: Sequence[int], lines: Mapping[str, Sequence[float]]) -> str:
    """`lines` holds milliseconds for each of `sizes` (numbers of runs)."""
    values = [value for line in lines.values() for value in line]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])

    def x(size: float) -> float:
        return LEFT + (math.log10(size) - first) / (last - first or 1) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(value) - low) / (high - low or 1) * (HEIGHT - TOP - BOTTOM)

    parts = [_text(LEFT, 18, title, "start", bold=True)]
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<line x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 8, at + 4, f"{10**power:g} ms", "end"))
    for size in sizes:
        parts.append(_text(x(size), HEIGHT - BOTTOM + 20, f"{size:,}", "middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, "runs in the experiment", "middle"))
    for place, (name, line) in enumerate(lines.items()):
        colour = COLOURS[place % len(COLOURS)]
        points = [(x(size), y(value)) for size, value in zip(sizes, line, strict=True)]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>' for px, py in points]
        key = TOP + 16 + place * 22
        parts.append(f'<rect x="{WIDTH - RIGHT + 20}" y="{key - 9}" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(WIDTH - RIGHT + 38, key + 1, name, "start"))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', *parts, "</svg>", ""])


def _text(x: float, y: float, text: str, anchor: str, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" text-anchor="{anchor}"{weight}>{escape(text)}</text>'
