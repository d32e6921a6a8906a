"""Checks an uploaded notebook with nbformat, in a process of its own: the server never imports Jupyter's packages,
and a document made to exhaust memory or time ends that process only."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from handloom.domain.errors import Invalid, Unavailable

SECONDS = 60

_CHECK = """
import sys, warnings
warnings.simplefilter("ignore")
import nbformat
try:
    notebook = nbformat.reads(sys.stdin.buffer.read().decode(), as_version=4)
    notebook = nbformat.convert(notebook, 4)
    if notebook.get("nbformat_minor", 0) < 5:
        notebook = nbformat.v4.upgrade(notebook)
    for field, needed in (("kernelspec", {"name", "display_name"}), ("language_info", {"name"})):
        if not needed <= set(notebook["metadata"].get(field) or {}):  # some tools write them in part
            notebook["metadata"].pop(field, None)
    changes, notebook = nbformat.validator.normalize(notebook)
    nbformat.validate(notebook)
except (ValueError, AttributeError, TypeError, KeyError, nbformat.ValidationError) as error:
    sys.exit(str(error).splitlines()[0][:300] if str(error) else type(error).__name__)
sys.stdout.buffer.write(nbformat.writes(notebook).encode() + b"\\n")
"""


def normalised(content: bytes) -> bytes:
    """Return the document in the current notebook format. Raises Invalid, with the reason, for an invalid notebook.
    Takes half a second.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _CHECK], input=content, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Invalid("The notebook is too large to be checked.", field="content") from error
    if done.returncode == 0:
        return done.stdout
    reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    if done.returncode < 0:
        raise Unavailable("The check of the notebook was ended by the system; the machine may be short of memory.")
    raise Invalid(f"This file is not a notebook that can be opened: {reason}", field="content")


KEY = "handloom"
"""The key of a document's metadata with what Handloom keeps there."""


CHOICES = ("environment", "engine", "capacity")
"""What a document names of what its notebook has chosen for its sessions."""


def choices_of(document: dict[str, Any]) -> dict[str, str]:
    """Return the names that a document asks for, by what they are of; empty texts where it asks for none."""
    metadata = document.get("metadata")
    kept = metadata.get(KEY) if isinstance(metadata, dict) else None
    named = kept if isinstance(kept, dict) else {}
    return {key: name if isinstance(name := named.get(key), str) else "" for key in CHOICES}


def with_choices(content: bytes, choices: Mapping[str, str]) -> bytes:
    """Return the document with the names of what its notebook has chosen; an unreadable one unchanged."""
    try:
        document = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return content
    given = {key: name for key, name in choices.items() if name}
    if choices_of(document) | given == choices_of(document) or not isinstance(document.get("metadata"), dict):
        return content
    kept = document["metadata"].get(KEY)
    document["metadata"][KEY] = (kept if isinstance(kept, dict) else {}) | given
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
