"""A kernel is ready only once what it publishes arrives, or the outputs of its first cell would be lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import zmq
from jupyter_client.session import Session
from zmq.eventloop.zmqstream import ZMQStream

from handloom.kernels.readiness import when_ready


def test_a_kernel_whose_outputs_do_not_arrive_yet_is_not_ready(tmp_path: Path) -> None:
    async def work() -> None:
        context = zmq.Context[Any]()
        address = f"ipc://{tmp_path / 'shell'}"
        answering = ZMQStream(context.socket(zmq.ROUTER))
        answering.bind(address)
        asking = ZMQStream(context.socket(zmq.DEALER))
        asking.connect(address)
        channels: Any = SimpleNamespace(state="starting")
        kernel = SimpleNamespace(session=Session(key=b"k"), connect_shell=lambda: asking)
        events: list[str] = []

        def answer(frames: list[bytes]) -> None:
            events.append("asked")
            if len(events) == 3:
                channels.state = "idle"
            answering.send_multipart(frames)

        answering.on_recv(answer)
        when_ready(kernel, lambda: channels, lambda: events.append("ready"))
        async with asyncio.timeout(10):
            while "ready" not in events:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        assert events == ["asked", "asked", "asked", "ready"]
        assert asking.closed()
        answering.close(linger=0)
        context.term()

    asyncio.run(work())
