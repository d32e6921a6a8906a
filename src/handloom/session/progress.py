"""Replace tqdm's widget progress bars by text ones, because our pages cannot show the widgets."""

from __future__ import annotations

from typing import Any


def as_text(notebook: Any) -> None:
    """Replace the widgets of `tqdm.notebook`, which `tqdm.auto` uses as well, by text bars."""
    from tqdm.std import tqdm, trange

    notebook.tqdm = notebook.tqdm_notebook = tqdm
    notebook.trange = notebook.tnrange = trange
