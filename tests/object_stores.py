"""Object stores for tests: servers that speak S3's and Azure's protocols on loopback, as processes of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

import azurite
from azurite import KEYS, await_port, free_port
from running import Handloom

KINDS = ("s3", "azure")
SECRET = "test-secret-access-key"


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """`root` is where artifacts go; `environ` holds the credentials, as a person would export them."""

    kind: str
    root: str
    environ: dict[str, str]
    endpoint: str

    def uploads(self) -> int:
        """List unfinished multipart uploads; only S3 can list them."""
        return httpx.get(f"{self.endpoint}/artifacts?uploads").text.count("<UploadId>")


@contextmanager
def of(kind: str, folder: Path) -> Iterator[ObjectStore]:
    """A running store with an empty bucket; `folder` is where it may keep files."""
    with s3() if kind == "s3" else azure(folder) as store:
        yield store


@contextmanager
def serving(place: ObjectStore, data: Path, *flags: str) -> Iterator[Handloom]:
    """A server that keeps its artifacts in `place`."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place.environ.items():
            patch.setenv(name, value)
        with Handloom(data, "--artifacts", place.root, *flags) as server:
            yield server


@contextmanager
def s3() -> Iterator[ObjectStore]:
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            await_port(port)
            endpoint = f"http://127.0.0.1:{port}"
            httpx.put(f"{endpoint}/artifacts").raise_for_status()
            environ = {
                "AWS_ACCESS_KEY_ID": "test-access-key",
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_REGION": "us-east-1",
            }
            yield ObjectStore("s3", "s3://artifacts/some/prefix", environ, endpoint)
        finally:
            process.kill()


@contextmanager
def azure(folder: Path) -> Iterator[ObjectStore]:
    with azurite.running(folder) as storage:
        storage.create("first", "artifacts")
        endpoint = f"http://127.0.0.1:{storage.port}/first"
        environ = {
            "AZURE_STORAGE_ACCOUNT_NAME": "first",
            "AZURE_STORAGE_ACCOUNT_KEY": KEYS["first"],
            "AZURE_STORAGE_ENDPOINT": endpoint,
        }
        yield ObjectStore("azure", "az://artifacts/some/prefix", environ, endpoint)
