"""What other packages import at every start although nothing here uses it: left out, which saves a second and more."""

import sys

# jsonschema builds a grammar of internationalised addresses, for a format that no notebook has;
# httpx loads its command line with all of rich and pygments. Both go without where the import fails.
UNUSED = ("rfc3987_syntax", "httpx._main")


def leave_out_unused() -> None:
    """Call before the packages are imported."""
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None is how Python notes what cannot be had
