"""The line under a cell while the quick engine runs a long query."""

from __future__ import annotations

import threading

import pytest

from handloom.session.notes import Note
from handloom.session.quick import progress


class Seen(Note):
    """Keeps what it would show."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.is_shown, self.is_cleared = threading.Event(), threading.Event()

    def show(self, text: str) -> None:
        self.texts.append(text)
        self.is_shown.set()

    def clear(self) -> None:
        self.is_cleared.set()


def test_the_bar_moves_to_and_fro() -> None:
    bars = [progress.bar(step) for step in range(33)]
    assert {(len(bar), bar.count("█")) for bar in bars} == {(20, 4)}
    assert [bar.index("█") for bar in bars] == [*range(17), *reversed(range(16))]


def test_the_line_is_shown_for_long_queries_only_and_goes_at_their_end() -> None:
    short, long = Seen(), Seen()
    with progress.shown(short):
        pass
    assert short.is_cleared.wait(20)
    assert short.texts == []
    with pytest.raises(KeyboardInterrupt):
        _interrupted(long)
    assert long.is_cleared.wait(20)
    assert long.texts[0].startswith("Spark ████")


def _interrupted(note: Seen) -> None:
    with progress.shown(note, after=0.01):
        assert note.is_shown.wait(20)
        raise KeyboardInterrupt
