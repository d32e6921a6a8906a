"""How a notebook ends early with a value: an exception without a traceback, and a display that carries the value."""

EXIT_TYPE = "application/vnd.handloom.exit+json"
"""The MIME type of the display with which a notebook hands its exit value to whoever ran it."""


class NotebookExit(Exception):
    """Ends the notebook, with `value` for whoever ran it. No error: the session shows no traceback for it."""

    def __init__(self, value: str) -> None:
        super().__init__(f"ExitValue: {value}")
        self.value = value
