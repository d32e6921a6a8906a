"""`notebookutils.credentials`: secrets are environment variables of the server; there is no vault."""

from __future__ import annotations

import os

from handloom.session.notebookutils.refusal import NotHere, attribute, functions_of, help_of, refuse


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


def isValidToken(token: str) -> bool:  # noqa: N802
    raise refuse("credentials.isValidToken", "ask the service that issued the token")


def putSecret(vault: str, secret: str, value: str) -> bool:  # noqa: N802
    raise refuse("credentials.putSecret", "set an environment variable of the server before `handloom up`")


def help(name: str = "") -> None:  # noqa: A001 - Fabric's name
    """Print the available functions, or describe one."""
    help_of("credentials", functions_of(globals()), name)


_TOKENS = "sign in with the service's own client"
__getattr__ = attribute(
    "credentials",
    {
        "getSecretWithLS": "use getSecret, which reads an environment variable of the server",
        "putSecretWithLS": "set an environment variable of the server before `handloom up`",
        "getConnectionStringOrCreds": _TOKENS,
        "getFullConnectionString": _TOKENS,
        "getPropertiesAll": _TOKENS,
    },
    lambda: [*functions_of(globals())],
)
