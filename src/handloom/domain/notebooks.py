"""Notebooks: .ipynb files with a name, settings and a home workspace."""

import msgspec

DEFAULT_SESSION_TIMEOUT = 20  # minutes


class Notebook(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is the file's path as Jupyter's contents API sees it: `<workspace id>/<name>.ipynb`."""

    id: str
    workspace: str
    name: str
    description: str
    owner: str
    path: str
    session_timeout: int
    """Idle minutes after which the session ends; 0 means never."""
    autolog: bool
    created_at: int
    modified_at: int
