"""Small wheels for tests that install packages: no network, and a real installer all the same."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path


def build(
    folder: Path, name: str, version: str, *, module: str = "", requires: Sequence[str] = (), padding: int = 0
) -> Path:
    """A wheel with one module, which knows its version. `padding` is bytes of a further file that do not compress."""
    module = module or name.replace("-", "_")
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: A package for tests.\n"
    files = {
        f"{module}/__init__.py": f'__version__ = "{version}"\n\n\ndef double(x):\n    return 2 * x\n'.encode(),
        f"{info}/METADATA": (metadata + "".join(f"Requires-Dist: {need}\n" for need in requires)).encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if padding:
        files[f"{module}/padding.bin"] = hashlib.shake_128(name.encode()).digest(padding)
    record = "".join(f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inside, data in files.items():
            wheel.writestr(inside, data)
    return path


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
