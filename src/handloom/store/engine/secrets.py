"""Encryption of secrets that the server must send in clear later. The key is not in the database."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
from pathlib import Path
from secrets import token_bytes
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from handloom.domain.errors import Unavailable

KEY_FILE = "secret.key"
_NONCE = 12


def prepare(root: Path, given: str) -> None:
    """Create the key in the data folder once: from `given`, which servers of one database share, or at random."""
    path = root / KEY_FILE
    if given:
        _write(path, hashlib.sha256(b"handloom secrets\0" + given.encode()).digest(), again=True)
    elif not path.exists():
        _write(path, token_bytes(32), again=False)


def _write(path: Path, key: bytes, *, again: bool) -> None:
    """Write the file atomically. If servers create it at the same time, the first one's stays, unless `again`."""
    partial = path.with_name(f"{path.stem}-{uuid4().hex}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(base64.b64encode(key))
        file.flush()
        os.fsync(file.fileno())
    if again or not hasattr(os, "link"):
        partial.replace(path)
        return
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(partial)
    partial.unlink()


def seal(root: Path, text: str, place: str) -> str:
    """Encrypt `text` for the database. It can be decrypted with the same `place` only, e.g. the id of its owner."""
    nonce = token_bytes(_NONCE)
    return base64.b64encode(nonce + _cipher(root).encrypt(nonce, text.encode(), place.encode())).decode()


def unseal(root: Path, sealed: str, place: str) -> str:
    """Decrypt a sealed text; raise Unavailable if the key is not the one it was encrypted with."""
    try:
        encrypted = base64.b64decode(sealed, validate=True)
        return _cipher(root).decrypt(encrypted[:_NONCE], encrypted[_NONCE:], place.encode()).decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise Unavailable(
            "A secret cannot be read: it was sealed with another key. Servers that share a database need the same "
            "HANDLOOM_SECRET_KEY; a restored database needs the secret.key of its data folder. Or set the secret again."
        ) from error


def _cipher(root: Path) -> AESGCM:
    try:
        return AESGCM(base64.b64decode((root / KEY_FILE).read_bytes()))
    except (OSError, ValueError) as error:
        raise Unavailable(f"The key of secrets, {KEY_FILE} in the data folder, cannot be read: {error}.") from error
