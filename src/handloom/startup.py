"""Skips imports that other packages do at every start and nothing here uses; that saves more than a second."""

import sys

# jsonschema builds a grammar of internationalised addresses, for a format that no notebook has.
# httpx imports its command line with rich and pygments. Both packages work without, where the import fails.
UNUSED = ("rfc3987_syntax", "httpx._main")


def leave_out_unused() -> None:
    """Call before the packages are imported."""
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None is how Python notes what cannot be had
