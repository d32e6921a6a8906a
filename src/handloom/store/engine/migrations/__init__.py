"""Schema versions, oldest first: each has a file `versions/<version>_<what>.py` that goes there from the one before."""

VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012", "0013")
HEAD = VERSIONS[-1]
