"""Items: what a workspace lists, whatever its kind."""

from typing import Literal

import msgspec

Kind = Literal["notebook", "experiment", "model"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a workspace's list. `count` is runs of an experiment, versions of a model, 0 for a notebook."""

    kind: Kind
    id: str
    workspace: str
    workspace_name: str
    name: str
    description: str
    owner: str
    created_at: int
    modified_at: int
    count: int = 0
