"""The kernel provisioner of jupyter_client that runs each kernel in a box."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from importlib.metadata import EntryPoint
from typing import Any

import psutil
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

NAME = "boxed"


class BoxedProvisioner(LocalProvisioner):
    """Starts a kernel behind the words of `box_words`. The process that Jupyter sees is bubblewrap's, which ends with
    Jupyter and takes the kernel along."""

    box_words: Callable[[str], list[str]]
    """Returns the command that a kernel's own command follows. Set once, before the first kernel starts."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        words = type(self).box_words(str(self.kernel_id))
        return await super().launch_kernel([*words, *cmd], **kwargs)

    async def send_signal(self, signum: int) -> None:
        """Send an interrupt to the kernel and what it runs, not to bubblewrap, which would end. Other signals end
        everything in the box."""
        if signum != signal.SIGINT:
            await super().send_signal(signum)
        elif (kernel := self._kernel()) is not None:
            os.killpg(os.getpgid(kernel), signum)

    def _kernel(self) -> int | None:
        """The kernel's process: the child of the first process in the box, which is the child of bubblewrap."""
        try:
            first = psutil.Process(self.pid).children()
            inside = first[0].children() if first else []
            return inside[0].pid if inside else None
        except psutil.NoSuchProcess:
            return None


def register(box_words: Callable[[str], list[str]]) -> None:
    """Make the provisioner known to jupyter_client, which finds others by entry points of installed packages."""
    BoxedProvisioner.box_words = staticmethod(box_words)
    entry = EntryPoint(NAME, f"{__name__}:{BoxedProvisioner.__name__}", KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.instance().provisioners[NAME] = entry
