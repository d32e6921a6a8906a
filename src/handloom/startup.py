"""Start quicker: skip unused imports of other packages, and do not search for garbage while importing."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# jsonschema imports rfc3987_syntax, which builds a grammar, for a format that no notebook uses. httpx imports its
# command line with rich and pygments. Both packages work if the import fails.
UNUSED = ("rfc3987_syntax", "httpx._main")


def leave_out_unused() -> None:
    """Make the imports of UNUSED fail. Call this before importing the packages."""
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None makes Python raise ImportError


@contextmanager
def importing() -> Iterator[None]:
    """Pause the search for cyclic garbage, which finds none while modules are imported, and leave what was imported out
    of later searches. It takes a twelfth of the imports."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
