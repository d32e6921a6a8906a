"""The progress line of a command, and formatting of sizes, durations and counts."""

from __future__ import annotations

import time

from handloom import console

WIDTH = 24
EVERY = 0.2  # seconds


class Progress:
    """Progress towards a total. Estimates the remaining time from the work that this call of the command did."""

    def __init__(self, what: str, total: int, done: int = 0) -> None:
        self._what, self._total = what, total
        self._done = self._begin = done
        self._bytes = 0
        self._started = self._drawn = time.monotonic()

    def skip(self) -> None:
        """Count an item that an earlier call of the command has done."""
        self._begin += 1
        self.advance()

    def advance(self, count: int = 1) -> None:
        self._done += count
        self._show()

    def moved(self, size: int) -> None:
        """Add bytes of files that were transferred."""
        self._bytes += size
        self._show()

    def close(self) -> None:
        console.progress(self.text(), last=True)

    def _show(self) -> None:
        if time.monotonic() - self._drawn >= EVERY:
            self._drawn = time.monotonic()
            console.progress(self.text(), last=False)

    def text(self) -> str:
        share = min(1.0, self._done / self._total) if self._total else 1.0
        bar = "█" * round(share * WIDTH) + "·" * (WIDTH - round(share * WIDTH))
        parts = [f"{self._what} {bar} {self._done:,}/{self._total:,}"]
        if self._bytes:
            parts.append(size(self._bytes))
        elapsed, done = time.monotonic() - self._started, self._done - self._begin
        if self._done >= self._total:
            parts.append(f"in {span(elapsed)}")
        elif done:
            parts.append(f"{span(elapsed / done * (self._total - self._done))} left")
        return " · ".join(parts)


def size(count: float) -> str:
    """Format a number of bytes, such as 1.5 MB."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def span(seconds: float) -> str:
    """Format a duration, such as 3 s, 5 min, 2 h 10 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def counted(count: int, noun: str) -> str:
    """Format a count with its noun: 1 run, 2 runs."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
