"""`notebookutils.session`: stop this notebook's session."""

from __future__ import annotations

import os
import signal

from handloom.session.notebookutils.refusal import refuse


def restartPython() -> None:  # noqa: N802 - Fabric's name
    raise refuse("session.restartPython", "choose Restart session in the notebook's session menu")


def stop() -> None:
    """Stop this session now; its variables are lost."""
    print("The session ends.", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)
