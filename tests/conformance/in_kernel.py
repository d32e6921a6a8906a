"""What a session's kernel runs: one group of cases on its `spark`, the answers into a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conformance import cases
from conformance.player import Player

_player: list[Player] = []


def play(spark: Any, group: str, folder: str, answers: str, step: int = 1) -> int:
    """The number of answers written to `answers`, of each `step`th case. One player serves all groups of a kernel."""
    if not _player:
        _player.append(Player(spark, Path(folder)))
    given = [_player[0].play(case) for case in cases.load(group)[::step]]
    Path(answers).write_text(json.dumps(given), encoding="utf-8")
    return len(given)
