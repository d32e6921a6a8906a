"""Template process: import common packages once, then fork the kernels of sessions, which share the memory of them.

Started by `kernels/template.py`, before any session, with the environment that a kernel gets. A request is read by the
fork and never by the template, so that no kernel has anything of another session in its memory.

When it has imported what the requirements of a model are found with, it forks a second template, from which each kernel
gets the process beside it that finds them, see `capture`.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

from handloom.session import boxed, capture, kernel, requirements, warming

READY, FORKED, FAILED = b"ready", b"forked", b"failed"
"""What the template sends. FORKED and FAILED answer one request each, in order."""
STARTED, SETTLED, GO = b"started", b"settled", b"go"
"""What a forked kernel sends, and what it waits for before it does anything else."""
LIBRARIES = ("ipykernel.kernelapp", "IPython.core.completer", "handloom.session.start")
PARTS = tuple(part for part in warming.PARTS if not part.startswith("pyspark"))
"""What `warming` imports, without gRPC, which does not survive a fork."""
LARGEST_REQUEST = 4 << 20
_PR_SET_NAME = 15
_SEARCHED_LENGTH = 2_000
"""Longer lists and dictionaries of a module are not searched for paths: they hold data."""

_Places = list[tuple[Any, str]]


@dataclass(frozen=True, slots=True)
class _State:
    """What the template is left with after its imports.

    A kernel must not have in common with it: its paths, by what they are, and where modules hold them; and generators
    of random numbers. `variables` are the environment variables that packages set on import.
    """

    paths: dict[str, str]
    places: _Places
    generators: list[Any]
    variables: dict[str, str]


def main() -> None:
    kernel.die_with_parent()
    kernel.leave_working_folder()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    captures = socket.socket(fileno=int(sys.argv[2]))
    captures.set_inheritable(False)
    paths = {"prefix": sys.prefix, "HOME": os.environ["HOME"], "cwd": os.getcwd()}  # noqa: PTH109 - as modules have it
    known = frozenset(os.environ)
    _fork_captures(captures, control, paths, known)
    captures.close()
    for library in LIBRARIES:
        _on_thread(partial(importlib.import_module, library))
    for part in PARTS:
        _stop_if_closed(control)
        _on_thread(partial(_import, part))
    state = _state(paths, known)
    control.send(READY)
    while True:
        _serve(control, state)


def _state(paths: dict[str, str], known: frozenset[str]) -> _State:
    variables = {name: value for name, value in os.environ.items() if name not in known}
    state = _State(paths, _places_of(tuple(paths.values())), _generators(), variables)
    gc.collect()
    gc.freeze()
    return state


def _fork_captures(
    captures: socket.socket, control: socket.socket, paths: dict[str, str], known: frozenset[str]
) -> None:
    """Fork the template of the processes that find the requirements of models. It ends with this process."""
    recorded: list[frozenset[str]] = []
    with contextlib.suppress(ImportError):
        _on_thread(lambda: recorded.append(capture.prepare()))
    parent = os.getpid()
    if not recorded or os.fork() != 0:
        return
    control.close()
    kernel.die_with_parent(parent)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for its children
    state = _state(paths, known)
    while True:
        _serve_capture(captures, state, recorded[0])


def _serve_capture(captures: socket.socket, state: _State, recorded: frozenset[str]) -> None:
    """Fork for the kernel at the end of the channel that is received. Nobody waits for this one."""
    message, fds, _, _ = socket.recv_fds(captures, 16, 1)
    if not message:
        os._exit(0)
    template = os.getpid()
    if os.fork() == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        captures.close()
        channel = socket.socket(fileno=fds[0])
        request, received = _fork_apart(channel, once=True)
        _settle(request, state, "handloom.session.capture")
        kernel.die_with_parent(0 if request["box"] else template)
        channel.close()
        _close_all_but(received[-1])
        capture.answer_kernel(socket.socket(fileno=received[-1]), recorded)
        os._exit(0)
    for fd in fds:
        os.close(fd)


def _on_thread(act: Callable[[], object]) -> None:
    """Run at a lower priority. An account that is not root cannot raise the priority of a process again."""
    thread = threading.Thread(target=warming.at_low_priority, args=(act,), name="import")
    thread.start()
    thread.join()


def _import(part: str) -> None:
    with contextlib.suppress(ImportError):
        warming.import_part(part)


def _stop_if_closed(control: socket.socket) -> None:
    poll = select.poll()
    poll.register(control, select.POLLHUP)
    if poll.poll(0):
        os._exit(0)


def _serve(control: socket.socket, state: _State) -> None:
    """Fork for one request, and wait until the fork has handed on to the kernel that it forks itself."""
    message, fds, _, _ = socket.recv_fds(control, 16, 1)
    if not message:
        os._exit(0)
    pid = os.fork()
    if pid == 0:
        control.close()
        channel = socket.socket(fileno=fds[0])
        _become_kernel(channel, *_fork_apart(channel), state)
        sys.exit(0)  # runs what is registered to run at exit
    for fd in fds:
        os.close(fd)
    _, status = os.waitpid(pid, 0)
    control.send(FORKED if status == 0 else FAILED)


def _fork_apart(channel: socket.socket, *, once: bool = False) -> tuple[dict[str, Any], list[int]]:
    """Return the request, and the descriptors that came with it, in the kernel's process only; the processes between
    it and the template exit.

    Without a box, the kernel's parent is then the Jupyter server, which is a subreaper for as long as this takes, or
    with `once` the template; in a box, the first process of the box.
    """
    try:
        request, fds = _receive(channel)
        if request["box"]:
            boxed.enter(fds[0], request["box"])
            os.close(fds.pop(0))
            if (between := os.fork()) != 0:
                _, status = os.waitpid(between, 0)
                os._exit(0 if status == 0 else 1)
        if request["box"] or not once:
            parent = os.getpid()
            if os.fork() != 0:
                os._exit(0)
            while os.getppid() == parent:  # whoever asks to end with its parent now would end with this one
                time.sleep(0.001)
    except (boxed.NotBoxed, OSError, ValueError) as error:
        with contextlib.suppress(OSError):
            channel.send(str(error).encode())
        os._exit(1)
    return request, fds


def _receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]]:
    content, fds, _, _ = socket.recv_fds(channel, 1 << 16, 2)
    while not content.endswith(b"\n") and len(content) < LARGEST_REQUEST:
        more = channel.recv(1 << 16)
        if not more:
            os._exit(1)
        content += more
    for fd in fds:
        os.set_inheritable(fd, False)
    return json.loads(content), list(fds)


def _become_kernel(channel: socket.socket, request: dict[str, Any], fds: list[int], state: _State) -> None:
    """Run the kernel. Nothing of the request takes effect before the Jupyter server has agreed."""
    own = os.pidfd_open(os.getpid())
    socket.send_fds(channel, [STARTED], [own])
    if channel.recv(16) != GO:
        os._exit(1)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    _settle(request, state, "handloom.session")
    kernel.die_with_parent()
    channel.send(SETTLED)
    channel.close()
    _close_all_but(fds[-1])
    requirements.forked = socket.socket(fileno=fds[-1])
    kernel.run(request["arguments"])


def _settle(request: dict[str, Any], state: _State, module: str) -> None:
    """Become the process that the request asks for: its rights, environment, paths, random numbers and name."""
    if request["box"]:
        boxed.verify()
    os.setsid()
    os.environ.clear()
    os.environ.update(state.variables | request["environment"])
    os.chdir(request["cwd"])
    new = {"prefix": request["prefix"], "HOME": os.environ["HOME"], "cwd": request["cwd"]}
    _move({old: new[name] for name, old in state.paths.items() if old != new[name]}, state.places)
    _renew(state.generators)
    sys.argv = [kernel.__file__, *request["arguments"]]
    sys.orig_argv[:] = [sys.executable, "-m", module, *request["arguments"]]
    _name_process(sys.orig_argv)


def _close_all_but(keep: int) -> None:
    """Close all file descriptors but the standard ones and this one."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names only
        if int(name) > 2 and int(name) != keep:
            with contextlib.suppress(OSError):  # the one of the listing
                os.close(int(name))


def _places_of(paths: tuple[str, ...]) -> _Places:
    """Find the variables of modules that hold one of these paths, or one below it."""
    return [
        (holder, name)
        for module in list(sys.modules.values())
        for holder, name, value in _variables(module)
        if _moved(value, dict.fromkeys(paths, "")) is not value
    ]


def _variables(module: Any) -> Iterator[tuple[Any, str, Any]]:
    for name, value in list(getattr(module, "__dict__", {}).items()):
        if isinstance(value, FunctionType):
            for cell in value.__closure__ or ():  # results that a decorator keeps
                with contextlib.suppress(ValueError):  # it is empty
                    yield cell, "cell_contents", cell.cell_contents
        elif isinstance(value, (str, Path, list, tuple, dict)) and name != "__builtins__":
            yield module, name, value


def _move(moved: dict[str, str], places: _Places) -> None:
    """Replace paths of the template by the kernel's own, as if its modules had been imported here."""
    for entry in [entry for entry in sys.path_importer_cache if _moved(entry, moved) is not entry]:
        del sys.path_importer_cache[entry]
    for holder, name in places:
        value = getattr(holder, name)
        changed = _moved(value, moved)
        if isinstance(value, list):
            value[:] = changed  # modules may share it
        elif isinstance(value, dict):
            value.update(changed)
        else:
            setattr(holder, name, changed)
    importlib.invalidate_caches()


def _moved(value: Any, moved: dict[str, str]) -> Any:
    """Return `value` with other paths, and the same object if it has none of them."""
    if isinstance(value, str):
        for old, new in moved.items():
            if value == old or value.startswith(old + os.sep):
                return new + value[len(old) :]
    elif isinstance(value, Path):
        text = str(value)
        changed = _moved(text, moved)
        return value if changed is text else type(value)(changed)
    elif isinstance(value, (list, tuple)) and type(value) in (list, tuple) and len(value) < _SEARCHED_LENGTH:
        items = [_moved(one, moved) for one in value]
        if any(new is not old for new, old in zip(items, value, strict=True)):
            return type(value)(items)
    elif type(value) is dict and len(value) < _SEARCHED_LENGTH:
        pairs = {key: _moved(one, moved) for key, one in value.items() if isinstance(one, (str, Path))}
        if any(pairs[key] is not value[key] for key in pairs):
            return value | pairs
    return value


def _generators() -> list[Any]:
    """Find the generators of random numbers that packages have made on import, such as for defaults of arguments."""
    numpy = importlib.import_module("numpy.random")
    return [found for found in gc.get_objects() if isinstance(found, (numpy.RandomState, numpy.Generator))]


def _renew(generators: list[Any]) -> None:
    """Give this process its own random numbers and keys. Python renews the one of `random` in each fork."""
    for generator in generators:
        if hasattr(generator, "seed"):
            generator.seed()
        else:
            generator.bit_generator.state = type(generator.bit_generator)().state
    tempfile.tempdir = None
    if (process := sys.modules.get("multiprocessing.process")) is not None:
        process.current_process().authkey = os.urandom(32)
    requirements.keep_map()
    if os.environ.get("OMP_NUM_THREADS", "").isdecimal():  # libraries read it when they are loaded
        importlib.import_module("threadpoolctl").threadpool_limits(int(os.environ["OMP_NUM_THREADS"]))


def _name_process(words: list[str]) -> None:
    """Show the kernel's own command in lists of processes, in place of the template's."""
    text = b"\0".join(word.encode() for word in words) + b"\0"
    stat = Path("/proc/self/stat").read_text()
    start, end = map(int, stat[stat.rindex(")") + 2 :].split()[45:47])
    ctypes.CDLL(None).prctl(_PR_SET_NAME, b"python", 0, 0, 0)
    if 0 < len(text) <= end - start:
        ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)


if __name__ == "__main__":
    main()
