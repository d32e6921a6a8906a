"""Rules for keys and values that clients log: allowed names and lengths of metrics, params and tags."""

import json
import posixpath
import re

from handloom.domain.errors import Invalid

MAX_KEY = 250
MAX_PARAM = 6_000
MAX_RUN_TAG = 8_000
MAX_EXPERIMENT_TAG = 20_000

HINT = "See the API docs for more information about request parameters."

_ALLOWED = re.compile(r"[/\w.\- :]*")
_PLAIN = re.compile(r"\w+(?:[\-.:]\w+)*").fullmatch  # most keys; they cannot be a path, so need no further check


def check_key(key: str, *, path: str, what: str) -> None:
    """Raise Invalid if `key` could not be a file name (as in MLflow's file store) or is too long.

    `path` is its field in the request (`metrics[0].name`); `what` names it in a message about its length.
    """
    if not _PLAIN(key):
        if not key:
            raise Invalid(f"Missing value for required parameter '{path}'. {HINT}", field=path)
        if not _ALLOWED.fullmatch(key):
            raise _refused(
                key,
                path,
                "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), "
                "colon(:) and slashes (/).",
            )
        if (resolved := posixpath.normpath(key)) != key or key == "." or key.startswith(("..", "/")):
            raise _refused(
                key,
                path,
                "Names may be treated as files in certain cases, and must not resolve to other names when treated as "
                f"such. This name would resolve to {resolved!r}",
            )
    if len(key) > MAX_KEY:
        raise too_long(what, MAX_KEY)


def too_long(what: str, limit: int) -> Invalid:
    return Invalid(f"'{what}' exceeds the maximum length of {limit} characters")


def _refused(key: str, path: str, why: str) -> Invalid:
    shown = json.dumps(key, ensure_ascii=False)
    return Invalid(f"Invalid value {shown} for parameter '{path}' supplied: {why}", field=path)
