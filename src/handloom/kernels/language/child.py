"""Limits the memory of this process and then becomes the program that is given, see `language_servers`."""

from __future__ import annotations

import contextlib
import os
import resource
import sys

DATA_BYTES = 1_500_000_000
_NICER = 5


def main() -> None:
    _, hardest = resource.getrlimit(resource.RLIMIT_DATA)
    most = DATA_BYTES if hardest == resource.RLIM_INFINITY else min(DATA_BYTES, hardest)
    with contextlib.suppress(OSError, ValueError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        os.nice(_NICER)
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
