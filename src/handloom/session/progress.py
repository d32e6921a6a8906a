"""Progress bars of tqdm as text, because the pages do not show widgets: one would stay at 0% for ever."""

from __future__ import annotations

from typing import Any


def as_text(notebook: Any) -> None:
    """Put tqdm's text bars in the place of the widgets of `tqdm.notebook`, from which `tqdm.auto` takes them too."""
    from tqdm.std import tqdm, trange

    notebook.tqdm = notebook.tqdm_notebook = tqdm
    notebook.trange = notebook.tnrange = trange
