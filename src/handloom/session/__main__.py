"""Entry point of the kernel process: `python -m handloom.session -f CONNECTION_FILE`. Ends with its parent process."""

from __future__ import annotations

import sys

from handloom.session import kernel


def main() -> None:
    kernel.die_with_parent()
    kernel.leave_working_folder()
    kernel.run(sys.argv[1:])


if __name__ == "__main__":
    main()
