"""The bin of a workspace: deleted items, which can be restored until they are purged, and counts of deleted records."""

from typing import Literal

import msgspec

BEING_PURGED = 0
"""Value of `deleted_at` for a run whose purge has begun: it can no longer be restored."""


LakeKind = Literal["table", "view", "file"]
"""What a lakehouse keeps; a folder of files is of the kind `file` too."""


class BinItem(msgspec.Struct, frozen=True, kw_only=True):
    """A deleted item that can be restored."""

    kind: Literal["notebook", "experiment", "run", "report"] | LakeKind
    id: str
    name: str
    deleted_at: int


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What a purge would delete. `bytes` is the space of files that it would free; `database_bytes` is an estimate.

    `kept` counts deleted runs and logged models that registered versions still use: a purge skips them.
    """

    notebooks: int = 0
    experiments: int = 0
    runs: int = 0
    reports: int = 0
    logged_models: int = 0
    points: int = 0
    files: int = 0
    bytes: int = 0
    database_bytes: int = 0
    kept: int = 0


class Purged(msgspec.Struct, frozen=True, kw_only=True):
    """What one call purged; `more` is True while records are left.

    `folders` counts folders of files that the server still has to delete in the background.
    """

    notebooks: int = 0
    experiments: int = 0
    runs: int = 0
    reports: int = 0
    logged_models: int = 0
    points: int = 0
    more: bool = False
    folders: int = 0


def add_purged(one: Purged, other: Purged) -> Purged:
    """Add the counts of two calls; `more` and `folders` are those of the second, later one."""
    return Purged(
        notebooks=one.notebooks + other.notebooks,
        experiments=one.experiments + other.experiments,
        runs=one.runs + other.runs,
        reports=one.reports + other.reports,
        logged_models=one.logged_models + other.logged_models,
        points=one.points + other.points,
        more=other.more,
        folders=other.folders,
    )
