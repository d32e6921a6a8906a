"""Schema versions, oldest first: each has a file `versions/<version>_<what>.py` that goes there from the one before."""

from pathlib import Path

VERSIONS = tuple(sorted(file.name[:4] for file in (Path(__file__).parent / "versions").glob("0*.py")))
HEAD = VERSIONS[-1]
