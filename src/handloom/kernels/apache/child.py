"""Runs the JVM of Apache Spark as a child of the Handloom server: `python child.py ARCHIVE COMMAND...`.

It ends the JVM once its standard input closes, which happens however the server ends. The first normal end writes the
archive of loaded classes, so that later starts take half the time. Only the standard library is used.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

DUMP_SECONDS = 300
"""How long the JVM may take to write its archive before it is killed."""


def main() -> None:
    archive, command = Path(sys.argv[1]), sys.argv[2:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    draft = archive.with_name(f"{archive.name}.{os.getpid()}")
    if archive.exists():
        flags = [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:cds=off", "-Xlog:class+path=off"]
    else:
        flags = [f"-XX:ArchiveClassesAtExit={draft}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
    jvm = subprocess.Popen([command[0], *flags, *command[1:]], stdin=subprocess.DEVNULL)
    threading.Thread(target=_await_parent, args=(jvm, archive), daemon=True).start()
    code = jvm.wait()
    if draft.exists():
        with contextlib.suppress(OSError):
            draft.replace(archive)
    os._exit(code if code >= 0 else 128 - code)


def _await_parent(jvm: subprocess.Popen[bytes], archive: Path) -> None:
    while os.read(0, 4096):
        pass
    if not archive.exists():
        jvm.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            jvm.wait(DUMP_SECONDS)
    jvm.kill()


if __name__ == "__main__":
    main()
