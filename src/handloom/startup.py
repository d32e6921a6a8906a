"""Skip unused imports of other packages, which saves more than a second at every start."""

import sys

# jsonschema imports rfc3987_syntax, which builds a grammar, for a format that no notebook uses. httpx imports its
# command line with rich and pygments. Both packages work if the import fails.
UNUSED = ("rfc3987_syntax", "httpx._main")


def leave_out_unused() -> None:
    """Make the imports of UNUSED fail. Call this before importing the packages."""
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None makes Python raise ImportError
