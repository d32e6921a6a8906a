"""What a server process keeps while it runs the installed program anew: the restart in place."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import msgspec

from handloom.api.restart import HandedParts
from handloom.kernels.handed_sessions import decode_path, encode_path
from handloom.store.engine.data_folder import Lock

VARIABLE = "HANDLOOM_HANDOVER"
"""Names the descriptor of the file with the `Handover`, which has no name: it has the tokens of sessions."""


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """What the next program continues with. The numbers are descriptors of this process."""

    listener: int
    lock: int
    place: str
    local_token: str
    parts: HandedParts


def restart(listener: socket.socket, lock: Lock, place: Path, local_token: str, parts: HandedParts) -> NoReturn:
    """Run the installed program in this process, with the arguments of this one."""
    os.set_inheritable(listener.fileno(), True)
    handover = Handover(
        listener=listener.fileno(), lock=lock.keep(), place=str(place), local_token=local_token, parts=parts
    )
    with tempfile.TemporaryFile(dir=place) as file:
        file.write(msgspec.json.encode(handover, enc_hook=encode_path))
        file.seek(0)
        os.set_inheritable(file.fileno(), True)
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, VARIABLE: str(file.fileno())})


def taken() -> Handover | None:
    """Return what the program before has left for this one, once; None after an ordinary start."""
    descriptor = os.environ.pop(VARIABLE, "")
    if not descriptor:
        return None
    with os.fdopen(int(descriptor), "rb") as file:
        return msgspec.json.decode(file.read(), type=Handover, dec_hook=decode_path)
