"""What was deleted and waits: it can be restored until `handloom gc` deletes it for good."""

import msgspec

BEING_PURGED = 0
"""The time of deletion of a run that is being deleted for good: it can no longer be restored."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What deleting for good would take away. `bytes` of files are what their store would have free afterwards,
    `database_bytes` an estimate; `kept` counts runs and logged models that registered versions still use."""

    experiments: int = 0
    runs: int = 0
    logged_models: int = 0
    points: int = 0
    files: int = 0
    bytes: int = 0
    database_bytes: int = 0
    kept: int = 0


class Purged(msgspec.Struct, frozen=True, kw_only=True):
    """What one call deleted for good; `more` where not all is done yet.

    `folders` of files are still to be deleted: the server does that behind the requests.
    """

    experiments: int = 0
    runs: int = 0
    logged_models: int = 0
    points: int = 0
    more: bool = False
    folders: int = 0


def added(one: Purged, other: Purged) -> Purged:
    """Both together; what is left is the second's word."""
    return Purged(
        experiments=one.experiments + other.experiments,
        runs=one.runs + other.runs,
        logged_models=one.logged_models + other.logged_models,
        points=one.points + other.points,
        more=other.more,
        folders=other.folders,
    )
