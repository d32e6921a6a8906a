"""Environments: named lists of packages that sessions start with in addition to the server's own."""

from typing import Literal

import msgspec

from handloom.domain.errors import Invalid

State = Literal["building", "ready", "failed"]

MOST_LINES, LONGEST_LINE = 200, 500


NO_ENVIRONMENT = "none"
"""What a notebook chooses to start with the server's own packages only, whatever its workspace's default is."""


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """An environment of a workspace. New sessions use its last successful build, also while another one runs."""

    id: str
    workspace: str
    name: str
    requirements: list[str] = []
    """The requested packages, one requirement per item as in a requirements.txt."""
    state: State = "building"
    message: str = ""
    """Why the last build failed, or the progress of the running one."""
    packages: list[str] = []
    """The lock: every package that the last successful build added, as name==version."""
    bytes: int = 0
    """Size of these packages on disk."""
    changed_at: int = 0
    """When its packages were last requested."""
    changed_by: str = ""
    built_at: int | None = None
    is_default: bool = False
    """Whether notebooks of the workspace that choose no environment get it."""
    notebooks: int = 0
    """How many notebooks have chosen it by name."""


def clean_requirements(lines: list[str]) -> list[str]:
    """Strip lines; drop empty ones, comments and duplicates. Raises Invalid for options, long lines, and no line."""
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
    if not found:
        raise Invalid("An environment needs at least one package.", field="requirements")
    return list(found)
