"""Functions of foreachBatch, which Apache Spark runs in a process of their own beside the JVM.

There they get a session whose plans are rewritten as those of the notebook are, so that tables and paths mean the same.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from handloom.session import attached, fabric_names, lakehouse_paths
from handloom.session.attached import Attached
from handloom.session.spark import Spark


@dataclass(slots=True)
class BatchFunction:
    """A pickled function (frame, number) of foreachBatch, to be called in a process of its own."""

    function: bytes
    session: Attached
    """The notebook's session, without its token: other people's functions run beside this one."""
    conf: dict[str, str]
    current: str
    """The current schema."""

    def __call__(self, frame: Any, number: int) -> None:
        global _opened
        if _opened is None:
            _opened = self._open(frame.sparkSession.session_id)
        spark, function = _opened
        batch = spark._create_remote_dataframe(frame._plan._relation_id)
        try:
            function(batch, number)
        finally:
            batch._plan._relation_id = None  # Spark removes the batch itself

    def _open(self, session_id: str) -> tuple[Any, Callable[[Any, int], None]]:
        os.environ.setdefault("SPARK_HOME", str(Path(__file__).parent))
        attached.become(self.session)
        os.chdir(self.session.cwd)
        sys.path.append(str(fabric_names.FOLDER))
        lakehouse_paths.install()
        manager = Spark()
        url = f"{os.environ['SPARK_CONNECT_LOCAL_URL']};session_id={session_id}"
        opened = manager.join(url, self.conf, self.current)
        return opened, pickle.loads(self.function)


_opened: tuple[Any, Callable[[Any, int], None]] | None = None
"""The session of this process and its function: Spark starts a process for each streaming query."""


def wrapped(function: bytes, conf: dict[str, str], schema: str) -> bytes:
    """Wrap a pickled function, with the settings and the current schema of this kernel's session, and pickle it."""
    from handloom.session.apache.streams import pickled

    session = attached.current()
    assert session is not None
    return pickled(BatchFunction(function, replace(session, token=""), dict(conf), schema))
