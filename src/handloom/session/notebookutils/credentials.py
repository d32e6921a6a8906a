"""`notebookutils.credentials`: secrets are environment variables of the server; there is no vault."""

from __future__ import annotations

import os

from handloom.session.notebookutils.refusal import NotHere, refuse


def getSecret(vault: str, secret: str = "") -> str:  # noqa: N802 - Fabric's name
    """Return the environment variable named like the secret, in upper case with `_` for `-`. Raises NotHere without
    one.
    """
    name = (secret or vault).upper().replace("-", "_")
    value = os.environ.get(name)
    if value is None:
        raise NotHere(
            f"The secret '{secret or vault}' is not set. Secrets are environment variables of the server here: "
            f"set {name} before `handloom up`, or ask for it with getpass.getpass()."
        )
    return value


def getToken(audience: str, name: str = "") -> str:  # noqa: N802
    raise refuse("credentials.getToken", "sign in with the service's own client")
