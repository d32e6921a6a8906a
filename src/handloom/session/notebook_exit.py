"""End a notebook early with an exit value: an exception without a traceback, and a display with the value."""

EXIT_TYPE = "application/vnd.handloom.exit+json"
"""MIME type of the display that passes a notebook's exit value to its caller."""


class NotebookExit(Exception):
    """End the notebook and pass `value` to its caller. It is not an error: the session shows no traceback."""

    def __init__(self, value: str) -> None:
        super().__init__(f"ExitValue: {value}")
        self.value = value
