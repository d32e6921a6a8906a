"""Items: the notebooks, experiments, models and reports that a workspace lists."""

from typing import Literal

import msgspec

Kind = Literal["notebook", "experiment", "model", "report"]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An item in a list. `count` is an experiment's runs, a model's versions, or 0 for others."""

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
    folder: str = ""
    """The id of the folder that it is in, "" where it is in none."""
