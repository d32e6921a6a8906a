"""Schema versions, oldest first: each has a file `versions/<version>_<what>.py` that goes there from the one before."""

VERSIONS = ("0001",)
HEAD = VERSIONS[-1]
