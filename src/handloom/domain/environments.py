"""Environments: packages that every new session of a workspace has in addition to the server's own."""

from typing import Literal

import msgspec

from handloom.domain.errors import Invalid

State = Literal["none", "building", "ready", "failed"]

MOST_LINES, LONGEST_LINE = 200, 500


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """The environment of a workspace. New sessions use the last successful build, also while another one runs."""

    requirements: list[str] = []
    """The requested packages, one requirement per item as in a requirements.txt."""
    state: State = "none"
    message: str = ""
    """Why the last build failed, or the progress of the running one."""
    packages: list[str] = []
    """The packages of new sessions, as name==version."""
    bytes: int = 0
    """Size of these packages on disk."""
    changed_at: int = 0
    changed_by: str = ""
    built_at: int | None = None


def clean_requirements(lines: list[str]) -> list[str]:
    """Strip lines; drop empty ones, comments and duplicates. Raises Invalid for options and for lines too long."""
    found: dict[str, None] = {}
    for line in lines:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("-"):
            raise Invalid(
                f"{text.split()[0]} is an option. Enter one package per line; the index is configured on the server.",
                field="requirements",
            )
        if len(text) > LONGEST_LINE or any(ord(char) < 32 for char in text):
            raise Invalid(
                f"A line can have at most {LONGEST_LINE} characters, and no control characters.", field="requirements"
            )
        found[text] = None
    if len(found) > MOST_LINES:
        raise Invalid(f"An environment can have at most {MOST_LINES} packages.", field="requirements")
    return list(found)
