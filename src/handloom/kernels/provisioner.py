"""The kernel provisioners of jupyter_client that run a kernel in a box or without one, forked from a template process
where that is possible.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from handloom.kernels.template import ForkedKernel, NotForked, NotReady, Template

NAME, BOXED_NAME = "forked", "boxed"
MODULE_ARGUMENTS = ["-m", "handloom.session"]
HOLDER = "echo; read _"
"""What runs in a box into which a kernel is forked: says that the box is complete, then waits for its input's end."""

log = logging.getLogger("handloom.kernels")


class ForkingProvisioner(LocalProvisioner):
    """Forks a kernel from the template, or spawns it as Jupyter does where it cannot be forked."""

    template: Template | None = None
    forkable: Callable[[str], bool]
    """Returns whether a kernel may be forked: its packages are the template's. Set once, before any kernel starts."""
    reasons: set[str] = set()  # noqa: RUF012 - of all kernels, so that each reason is logged once

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        kind = type(self)
        if kind.template is not None and kind.forkable(str(self.kernel_id)):
            try:
                kind.template.check()
                await self._fork(kind.template, cmd, kwargs["env"], str(kwargs["cwd"]))
            except NotForked as error:
                if not isinstance(error, NotReady) and str(error) not in kind.reasons:
                    kind.reasons.add(str(error))
                    log.warning("A kernel was started without the template process: %s.", error)
            else:
                return self.connection_info
        return await self._spawn(cmd, **kwargs)

    async def _spawn(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        return await super().launch_kernel(cmd, **kwargs)

    async def _fork(self, template: Template, cmd: list[str], env: dict[str, str], cwd: str) -> None:
        env = env | {"JPY_PARENT_PID": str(os.getpid())}
        pidfd = await asyncio.to_thread(template.fork, *_split(cmd, env, cwd), None)
        self._adopt(ForkedKernel(pidfd))

    def _adopt(self, kernel: ForkedKernel) -> None:
        own: Any = self
        own.process = kernel
        own.pid = kernel.pid
        own.pgid = os.getpgid(kernel.pid)


class BoxedProvisioner(ForkingProvisioner):
    """Starts a kernel behind the words of `box_words`. The process that Jupyter sees is bubblewrap's, which ends with
    Jupyter and takes the kernel along."""

    box_words: Callable[[str], list[str]]
    """Returns the command that a kernel's own command follows. Set once, before the first kernel starts."""

    async def _spawn(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        words = type(self).box_words(str(self.kernel_id))
        return await super()._spawn([*words, *cmd], **kwargs)

    async def _fork(self, template: Template, cmd: list[str], env: dict[str, str], cwd: str) -> None:
        words = type(self).box_words(str(self.kernel_id))
        inside = words[words.index("--chdir") + 1]
        box = _start_box(words, env, cwd)
        try:
            first = await asyncio.to_thread(_first_process, box)
            with _closing(os.pidfd_open(first)) as pidfd:
                request = _split(cmd, env | {"PWD": inside}, inside)
                kernel = await asyncio.to_thread(template.fork, *request, (first, pidfd))
        except BaseException:
            box.kill()
            box.wait()
            raise
        self._adopt(ForkedKernel(kernel, box))

    async def send_signal(self, signum: int) -> None:
        """Send an interrupt to the kernel and what it runs, not to bubblewrap, which would end. Other signals end
        everything in the box."""
        if signum != signal.SIGINT:
            await super().send_signal(signum)
        elif (kernel := self._kernel()) is not None:
            os.killpg(os.getpgid(kernel), signum)

    def _kernel(self) -> int | None:
        """The kernel's process: if it was spawned, the child of the first process in the box."""
        process: Any = self.process
        if isinstance(process, ForkedKernel):
            return process.kernel_pid if process.poll() is None else None
        try:
            first = psutil.Process(self.pid).children()
            inside = first[0].children() if first else []
            return inside[0].pid if inside else None
        except psutil.NoSuchProcess:
            return None


def _split(cmd: list[str], env: dict[str, str], cwd: str) -> tuple[list[str], dict[str, str], str, Path]:
    """Return what the template needs of a kernel's command. Raises NotForked if it is not one of a session."""
    if cmd[1:3] != MODULE_ARGUMENTS:
        raise NotForked(f"{cmd} is no session")
    return cmd[3:], env, cwd, Path(cmd[0]).parent.parent


def _start_box(words: list[str], env: dict[str, str], cwd: str) -> subprocess.Popen[bytes]:
    """Start a box that waits for its kernel. On the event loop's thread: a box ends with the thread that started it."""
    shell = shutil.which("sh")
    if shell is None:
        raise NotForked("the program sh is not installed")
    return subprocess.Popen(
        [*words, os.path.realpath(shell), "-c", HOLDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=env,
        cwd=cwd,
        start_new_session=True,
    )


def _first_process(box: subprocess.Popen[bytes]) -> int:
    """Return the first process in the box once the box is complete. Raises NotForked if it ends before."""
    assert box.stdout is not None
    with box.stdout as output:
        complete = output.readline()
    with contextlib.suppress(psutil.NoSuchProcess):
        if complete and (children := psutil.Process(box.pid).children()):
            return children[0].pid
    raise NotForked("the box has ended")


@contextlib.contextmanager
def _closing(fd: int) -> Iterator[int]:
    try:
        yield fd
    finally:
        os.close(fd)


def register(
    *, box_words: Callable[[str], list[str]] | None, template: Template | None, forkable: Callable[[str], bool]
) -> None:
    """Make the provisioners known to jupyter_client, which finds others by entry points of installed packages."""
    ForkingProvisioner.template = template
    ForkingProvisioner.forkable = staticmethod(forkable)
    if box_words is not None:
        BoxedProvisioner.box_words = staticmethod(box_words)
    for name, kind in ((NAME, ForkingProvisioner), (BOXED_NAME, BoxedProvisioner)):
        entry = EntryPoint(name, f"{__name__}:{kind.__name__}", KernelProvisionerFactory.GROUP_NAME)
        KernelProvisionerFactory.instance().provisioners[name] = entry
