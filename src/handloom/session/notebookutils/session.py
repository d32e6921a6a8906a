"""`notebookutils.session`: stop this notebook's session."""

from __future__ import annotations

import os
import signal

from handloom.session.notebookutils.refusal import attribute, functions_of, help_of, refuse


def restartPython() -> None:  # noqa: N802 - Fabric's name
    raise refuse("session.restartPython", "choose Restart session in the notebook's session menu")


def stop(detach: bool = True) -> None:
    """Stop this session now; its variables are lost."""
    print("The session ends.", flush=True)
    os.kill(os.getpid(), signal.SIGTERM)


def help(name: str = "") -> None:  # noqa: A001 - Fabric's name
    """Print the available functions, or describe one."""
    help_of("session", functions_of(globals()), name)


__getattr__ = attribute("session", {}, lambda: [*functions_of(globals())])
