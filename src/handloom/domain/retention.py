"""Retention: rules that delete old runs, and what keeps a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.keys import check_key

SWEPT_TAG = "handloom.retention"
"""The tag of runs that a rule has deleted. Who restores one wants to keep it, so that no rule deletes it again."""

LONGEST_DAYS = 36_500
MOST_RULES = 50
MOST_TAGS = 20
SHOWN = 50
"""Runs that a dry run shows by name."""


class RetentionRule(msgspec.Struct, frozen=True, kw_only=True):
    """Delete runs that ended more than `days` days ago, of one experiment or of all.

    Runs with one of `keep_tags`, those that a registered version was made from and those that have not ended stay, and
    so does everything that is nested with them.
    """

    id: int
    experiment: str
    """An id; "" for all experiments of the workspace."""
    experiment_name: str
    days: int
    keep_tags: list[str]
    """Keys of tags, or `key=value`."""
    enabled: bool
    """Whether the server carries it out. A new rule is off, until somebody has seen what it deletes."""
    created_at: int
    applied_at: int | None
    """When it last deleted runs."""
    deleted: int
    """How many runs it has deleted since it was made."""


class AgedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that a rule would delete."""

    run_id: str
    name: str
    experiment: str
    experiment_name: str
    ended_at: int


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would delete now, and how many runs are as old but stay."""

    runs: int
    shown: list[AgedRun]
    """The oldest of them."""
    tagged: int
    registered: int
    restored: int
    """Runs that a rule has deleted and somebody restored."""
    related: int
    """Runs that stay because a run above, below or beside them stays."""


def check_days(days: int) -> int:
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid(f"The number of days must be from 1 to {LONGEST_DAYS:,}.", field="days")
    return days


def clean_tags(tags: Sequence[str]) -> list[str]:
    """Return keys of tags, or `key=value`, without spaces around them and duplicates. Raises Invalid."""
    cleaned = []
    for tag in tags:
        key, equals, value = (part.strip() for part in tag.partition("="))
        if not key:
            if equals:
                raise Invalid(f"“{tag}” has no key before the “=”.", field="keep_tags")
            continue
        check_key(key, path="keep_tags", what="tag")
        cleaned.append(f"{key}={value}" if equals else key)
    cleaned = list(dict.fromkeys(cleaned))
    if len(cleaned) > MOST_TAGS:
        raise Invalid(f"A rule can name {MOST_TAGS} tags.", field="keep_tags")
    return cleaned


def families(runs: Iterable[str], related: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the runs in groups of those that are nested in each other, in the order of `runs`.

    `related` has pairs of a run and the one above it. A group with a run that is not in `runs` is left out.
    """
    above: dict[str, str] = {}

    def root(run: str) -> str:
        while (higher := above.get(run, run)) != run:
            above[run] = above.get(higher, higher)
            run = higher
        return run

    nested: set[str] = set()
    for one, other in related:
        nested |= {one, other}
        above[root(one)] = root(other)
    wanted = dict.fromkeys(runs)
    broken = {root(run) for run in nested if run not in wanted}
    groups: dict[str, list[str]] = {}
    for run in wanted:
        if (top := root(run)) not in broken:
            groups.setdefault(top, []).append(run)
    return list(groups.values())
