"""When a kernel is ready: once it answers, and what it publishes arrives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tornado.ioloop import IOLoop

from handloom.kernels.channels import KernelChannels

ASK_AGAIN_SECONDS = 0.05


def when_ready(kernel: Any, channels: Callable[[], KernelChannels | None], ready: Callable[[], None]) -> None:
    """Ask a kernel for its info until it answers over both of its channels, and then call `ready`.

    Outputs are published, and lost to whoever has not subscribed yet: under load, the kernel's answer can come before
    the subscription of its channels, which are `channels`, or None once the kernel is gone.
    """
    shell = kernel.connect_shell()

    def ask() -> None:
        if channels() is None:
            shell.close()
        else:
            kernel.session.send(shell, "kernel_info_request")

    def answered(_: Any) -> None:
        found = channels()
        if found is not None and found.state == "starting":  # its status has never arrived
            IOLoop.current().call_later(ASK_AGAIN_SECONDS, ask)
            return
        shell.close()
        if found is not None:
            ready()

    shell.on_recv(answered)
    ask()
