"""Environments: the packages that every new session of a workspace gets beside the server's own."""

from typing import Literal

import msgspec

from handloom.domain.errors import Invalid

State = Literal["none", "building", "ready", "failed"]

MOST_LINES, LONGEST_LINE = 200, 500


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """The environment of one workspace. Sessions use the last build that worked, also while another one runs."""

    requirements: list[str] = []
    """What is asked for, one requirement a line, as in a requirements.txt."""
    state: State = "none"
    message: str = ""
    """Why the last build failed, or what the running one does."""
    packages: list[str] = []
    """What new sessions get, each as name==version."""
    bytes: int = 0
    """What that takes on the disk."""
    changed_at: int = 0
    changed_by: str = ""
    built_at: int | None = None


def clean_requirements(lines: list[str]) -> list[str]:
    """Strip lines; drop empty ones, comments and repetitions. Raises Invalid for options and for lines too long."""
    found: dict[str, None] = {}
    for line in lines:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("-"):
            raise Invalid(
                f"{text.split()[0]} is an option. Name packages here, one in a line; the index is the server's.",
                field="requirements",
            )
        if len(text) > LONGEST_LINE or any(ord(char) < 32 for char in text):
            raise Invalid(f"A line may have {LONGEST_LINE} characters and no control characters.", field="requirements")
        found[text] = None
    if len(found) > MOST_LINES:
        raise Invalid(f"An environment may name {MOST_LINES} packages.", field="requirements")
    return list(found)
