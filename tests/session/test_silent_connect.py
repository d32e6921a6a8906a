"""Spark Connect addresses where something else listens: words after seconds, never a hang."""

from __future__ import annotations

import socket

from handloom.client.session import RemoteSession
from receiving import Receiver


def message_of(session: RemoteSession, port: int) -> str:
    code = f"""from pyspark.sql import SparkSession
SparkSession.builder.remote("sc://127.0.0.1:{port}").config("spark.sql.shuffle.partitions", "1").getOrCreate()
"""
    ran = session.run(code, seconds=90)
    assert ran.error is not None
    traceback = "\n".join(ran.error["traceback"])
    assert "line 2" in traceback  # the person's own line, and none of the session's
    assert "engine.py" not in traceback
    return str(ran.error["evalue"])


def test_an_address_that_accepts_and_says_nothing_is_given_up(session: RemoteSession) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        message = message_of(session, listening.getsockname()[1])
    assert "accepts connections, and has said nothing" in message
    assert "Run the cell again to retry, or choose an engine of this machine" in message


def test_an_address_of_another_kind_of_server_says_so(session: RemoteSession) -> None:
    with Receiver() as receiver:
        message = message_of(session, receiver.port)
    assert "does not speak Spark Connect" in message
