"""The tests that need a system with control groups, run in a virtual machine with Debian's kernel over this machine's
files, which it cannot change.

It needs root, qemu-system-x86_64, cpio, apt-get and dpkg-deb, and emulates the processor, so that it works in virtual
machines too: about ten minutes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from running import ROOT

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3_600)]

PROGRAMS = ("qemu-system-x86_64", "cpio", "apt-get", "apt-cache", "dpkg-deb")
MODULES = (
    *(f"drivers/virtio/{name}" for name in ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev")),
    *("drivers/virtio/virtio_pci", "net/9p/9pnet", "net/9p/9pnet_virtio", "fs/netfs/netfs", "fs/fscache/fscache"),
    *("fs/9p/9p", "fs/overlayfs/overlay"),
)
"""Modules of the kernel in the order in which they need each other: files of this machine, and changes in memory."""
INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /files /changes /here
$b mount -t proc proc /proc; $b mount -t sysfs sys /sys; $b mount -t devtmpfs dev /dev
for module in $($b cat /modules); do $b insmod /$module; done
$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro files /files
$b mount -t tmpfs -o size=2g tmpfs /changes; $b mkdir /changes/new /changes/working
$b mount -t overlay -o lowerdir=/files,upperdir=/changes/new,workdir=/changes/working overlay /here
for one in proc sys dev; do $b mount --move /$one /here/$one; done
$b mount -t tmpfs tmpfs /here/tmp; $b mkdir -p /here/dev/shm /here/dev/pts
$b mount -t tmpfs tmpfs /here/dev/shm; $b mount -t devpts devpts /here/dev/pts
$b mount -t cgroup2 cgroup2 /here/sys/fs/cgroup; $b ifconfig lo 127.0.0.1 up
$b cp /commands /here/handloom-commands
exec $b switch_root /here /bin/sh /handloom-commands
"""
COMMANDS = f"""export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
cd {ROOT}
pytest=".venv/bin/python -m pytest -p no:cacheprovider -q --timeout 1200"
$pytest tests/kernels/test_control_groups.py && echo "GROUPS"" PASSED"
mkdir /sys/fs/cgroup/service; echo "+memory +pids +cpu" > /sys/fs/cgroup/cgroup.subtree_control
enter='echo $$ > /sys/fs/cgroup/service/cgroup.procs; exec'
sh -c "$enter $pytest tests/kernels/test_limits.py" && echo "LIMITS"" PASSED"
ls /sys/fs/cgroup/service
sync; echo o > /proc/sysrq-trigger; sleep 60
"""


def _run(*words: str | Path, cwd: Path, seconds: float = 300, text: str | None = None) -> str:
    done = subprocess.run(words, cwd=cwd, input=text, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.stdout[-3000:]}{done.stderr[-2000:]}"
    return done.stdout


def _kernel(folder: Path) -> Path:
    """Unpack Debian's kernel and busybox, and return the folder."""
    depends = _run("apt-cache", "depends", "linux-image-amd64", cwd=folder)
    image = next(line.split()[-1] for line in depends.splitlines() if "linux-image-" in line and "Depends" in line)
    _run("apt-get", "download", "-q", image, "busybox-static", cwd=folder)
    for package in folder.glob("*.deb"):
        _run("dpkg-deb", "-x", package, folder, cwd=folder)
    return folder


def _initial_files(folder: Path, kernel: Path) -> Path:
    """Return the archive from which the machine starts."""
    files = folder / "initial"
    (files / "bin").mkdir(parents=True)
    shutil.copy(kernel / "bin/busybox", files / "bin")
    found = [next(kernel.glob(f"lib/modules/*/kernel/{name}.ko*")) for name in MODULES]
    for module in found:
        shutil.copy(module, files)
    (files / "modules").write_text("\n".join(module.name for module in found))
    (files / "commands").write_text(COMMANDS)
    (files / "init").write_text(INIT)
    (files / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(files)) for path in files.rglob("*"))
    archive = folder / "initial.cpio"
    _run("cpio", "-o", "-H", "newc", "--quiet", "-F", archive, cwd=files, text=names)
    return archive


def test_control_groups_and_limits_where_the_system_delegates_them(tmp_path: Path) -> None:
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"needs root and {', '.join(missing or PROGRAMS)}")
    kernel = _kernel(tmp_path)
    said = _run(
        *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "4096", "-smp", "2"),
        *("-nographic", "-no-reboot", "-nic", "none"),
        *("-kernel", next(kernel.glob("boot/vmlinuz-*")), "-initrd", _initial_files(tmp_path, kernel)),
        *("-append", "console=ttyS0 quiet panic=-1 edd=off"),
        *("-fsdev", "local,id=files,path=/,security_model=none,readonly=on,multidevs=remap"),
        *("-device", "virtio-9p-pci,fsdev=files,mount_tag=files"),
        cwd=tmp_path,
        seconds=3_000,
    )
    assert "GROUPS PASSED" in said, said[-6000:]
    assert "LIMITS PASSED" in said, said[-6000:]
    assert "handloom-server" in said
    assert "Memory cgroup out of memory" in said  # the system has ended the sessions, and not the measuring
