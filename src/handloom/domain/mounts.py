"""Mounts: URI prefixes that resolve to another location, so that a path works without its original storage."""

import msgspec

from handloom.domain.errors import Invalid

SAMPLES = "wasbs://mlsamples@azureopendatastorage.blob.core.windows.net/diabetes"
"""URI of public sample data that is included in the package; every workspace resolves it offline."""

BUNDLED = "bundled:diabetes"
"""Target of `SAMPLES`: the copy inside the installed package."""


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """A mount. `prefix` is a URI prefix; the rest of a path after it is appended to `target`.

    `target` is an absolute path of the machine, a path relative to the workspace's folder, a URI, or `bundled:<name>`.
    """

    prefix: str
    target: str
    built_in: bool = False


def validate(prefix: str, target: str) -> Mount:
    """Raise Invalid unless `prefix` is a URI and `target` is not empty."""
    prefix, target = prefix.strip(), target.strip()
    if "://" not in prefix or not prefix.split("://", 1)[0].isalnum():
        raise Invalid(
            "The prefix must be a URI such as wasbs://container@account.blob.core.windows.net/data.", field="prefix"
        )
    if not target:
        raise Invalid("The target is empty. Give a folder or a URI.", field="target")
    return Mount(prefix=prefix.rstrip("/"), target=target)
