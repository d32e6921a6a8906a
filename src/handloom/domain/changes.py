"""What changed in a committed write: the messages behind every live page."""

import msgspec


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One noun of one workspace changed.

    `noun` is the table of the change as pages know it: workspaces, notebooks, sessions, experiments, runs, metrics,
    models, mounts, tokens. `id` is the thing's id where it is one thing; `parent` the id that a list is keyed by
    (the experiment of a run, the model of a version).
    """

    noun: str
    workspace: str
    id: str | None = None
    parent: str | None = None
