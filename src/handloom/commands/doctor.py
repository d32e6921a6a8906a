"""`handloom doctor`: check what a server needs here, and say what to do about each problem. It changes nothing."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx
import msgspec
from packaging.requirements import InvalidRequirement, Requirement

from handloom.domain.errors import HandloomError, Unavailable
from handloom.domain.masking import mask_credentials
from handloom.domain.servers import Peer
from handloom.kernels import box
from handloom.kernels.apache import packages as spark
from handloom.settings import LOOPBACK, Settings
from handloom.store import upgrade
from handloom.store.artifacts import storage
from handloom.store.artifacts.object_store import SCHEMES
from handloom.store.engine import data_folder, secrets
from handloom.store.engine.database import Database
from handloom.store.engine.dialects import shown
from handloom.store.engine.migrations import HEAD
from handloom.store.servers import rows as server_rows

if sys.platform != "win32":
    import resource

Level = Literal["OK", "warning", "problem"]
FULL_BYTES, LITTLE_BYTES = 64_000_000, 10_000_000_000
"""Free bytes below which a disk is full, and below which that is near."""
FEW_FILES = 4_096
LITTLE_MEMORY = 4_000_000_000
SECONDS = 10
DRIFT_SECONDS = 30
"""How far two clocks may be apart before sign-ins and presigned URLs fail."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the report. `text` says what was found and, unless it is OK, what to do."""

    level: Level
    subject: str
    text: str


def diagnose(settings: Settings) -> int:
    """Print a line for each check. Return 1 if there is a problem, 0 if there are none or only warnings."""
    counts = dict.fromkeys(("OK", "warning", "problem"), 0)
    for finding in findings(settings):
        counts[finding.level] += 1
        print(mask_credentials(f"{finding.level:<9}{finding.subject:<16}{finding.text}"), flush=True)
    print(f"Problems: {counts['problem']}, warnings: {counts['warning']}")
    return 1 if counts["problem"] else 0


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield the results of all checks, in the order in which they matter."""
    for subject, check in _CHECKS:
        try:
            for level, text in check(settings):
                yield Finding(level=level, subject=subject, text=text)
        except (HandloomError, OSError) as error:
            said = error.message if isinstance(error, HandloomError) else str(error)
            yield Finding(level="problem", subject=subject, text=said)


Said = Iterator[tuple[Level, str]]


def _folder(settings: Settings) -> Said:
    root = settings.data
    if not root.exists():
        parent = next(folder for folder in root.absolute().parents if folder.exists())
        if os.access(parent, os.W_OK):
            yield "OK", f"{root} does not exist yet; the first start makes it."
        else:
            yield (
                "problem",
                f"{root} does not exist and {parent} is not writable. Give another one with --data.",
            )
        return
    data_folder.check_owner(root)
    with tempfile.TemporaryFile(dir=root):
        pass
    if os.name == "posix" and root.stat().st_mode & 0o077:
        yield "warning", f"Other accounts can enter {root}. Close it: chmod 700 {root}"
    else:
        yield "OK", f"{root} is writable and closed to other accounts."
    drift = abs(_now_on_disk(root) - time.time())
    if drift > DRIFT_SECONDS:
        yield (
            "warning",
            f"The clock of this file system is {drift:.0f} s off. Synchronise both machines (NTP).",
        )


def _now_on_disk(root: Path) -> float:
    with tempfile.NamedTemporaryFile(dir=root) as file:
        return Path(file.name).stat().st_mtime


def _disk(settings: Settings) -> Said:
    at = next(folder for folder in (settings.data, *settings.data.absolute().parents) if folder.exists())
    free = shutil.disk_usage(at).free
    size = f"{free / 1e9:.1f} GB are free where {at} is."
    if free < FULL_BYTES:
        yield "problem", f"{size} Free space, or empty the bins: handloom gc"
    elif free < LITTLE_BYTES:
        yield "warning", f"{size} Packages, artifacts and backups soon fill that."
    else:
        yield "OK", size


def _database(settings: Settings) -> Said:
    place = shown(settings.database_url) if settings.database else str(settings.data / "handloom.db")
    if not settings.database and not (settings.data / "handloom.db").exists():
        yield "OK", f"{place} does not exist yet; the first start makes it."
        return
    version = upgrade.check(settings.database_url, settings.data)
    if version is None:
        yield "OK", f"{place} is reachable and empty; the first start makes its tables."
    elif version != HEAD:
        yield "warning", f"{place} has schema {version}; the next start migrates it to {HEAD}. Back up before."
    else:
        yield "OK", f"{place} is sound and has the schema of this release ({version})."


def _packages(settings: Settings) -> Said:
    """Compare what is installed with what this release requires: a package that was changed by hand breaks sessions."""
    wrong = []
    for line in importlib.metadata.requires("handloom") or []:
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            continue
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{wanted.name} is missing")
            continue
        if not wanted.specifier.contains(found, prereleases=True):
            wrong.append(f"{wanted.name} is {found}, not {wanted.specifier}")
    if wrong:
        yield "problem", f"{'; '.join(wrong)}. Install Handloom again into an environment of its own."
    else:
        yield "OK", "All packages are installed in versions that fit, the quick engine's too."


def _server(settings: Settings) -> Said:
    running = data_folder.running(settings.data) if settings.data.exists() else None
    if running is None:
        yield from _port(settings)
        return
    try:
        reply = httpx.get(f"{running.url}/ready", timeout=SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        yield "problem", f"The server at {running.url} (process {running.pid}) does not answer: {type(error).__name__}."
        return
    if reply.status_code == 200:
        yield "OK", f"A server runs at {running.url} (process {running.pid}) and is ready."
    else:
        yield "problem", f"The server at {running.url} is not ready: {reply.text[:300]} Its log says more."


def _port(settings: Settings) -> Said:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            reason = f"{settings.host}:{settings.port} cannot be used ({error.strerror})"
            yield "problem", f"{reason}. Choose another --port or --host, or end the program that has it."
            return
    yield "OK", f"No server runs on this folder; {settings.host}:{settings.port} is free."


def _other_servers(settings: Settings) -> Said:
    """Ask the other servers of the database where each says that the rest reach it."""
    if not settings.database or not _has_tables(settings):
        return
    database = Database(settings.database_url, settings.data)
    try:
        peers = database.read_now(lambda tx: server_rows.others(tx, ""))
    finally:
        database.close()
    for peer in peers:
        try:
            reply = httpx.get(f"{peer.url}/health", timeout=SECONDS, trust_env=False)
            found = "" if (reply.status_code, reply.text) == (200, "OK") else f"status {reply.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            found = type(error).__name__
        if found:
            yield (
                "problem",
                f"{peer.url}, where other servers reach one of this database, does not answer here: {found}. Start "
                "that one with a --peer-url that all of them reach (docs/team.md).",
            )
        else:
            yield from _same_key(settings, peer)


def _has_tables(settings: Settings) -> bool:
    try:
        return upgrade.check(settings.database_url, settings.data) == HEAD
    except HandloomError:
        return False  # the check of the database says so


def _same_key(settings: Settings, peer: Peer) -> Said:
    try:
        secrets.unseal(settings.data, peer.secret, peer.id)
    except Unavailable as error:
        yield "problem", f"{peer.url} answers, but cannot be asked for its sessions. {error.message}"
    else:
        yield "OK", f"{peer.url} answers, and has the same key."


def _boxes(settings: Settings) -> Said:
    if settings.isolation == "none":
        yield "warning", "Sessions are not kept apart (--isolation none). For a team: --isolation required"
        return
    try:
        box.find(settings.data, settings.session_folders, settings.session_variables)
    except box.NoBoxError as error:
        level: Level = "problem" if settings.isolation == "required" else "warning"
        yield level, f"Sessions cannot be kept apart: {error}. docs/isolation.md says what a box needs."
        return
    yield "OK", "Sessions can be kept apart in boxes (bubblewrap)."


def _machine(settings: Settings) -> Said:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    text = f"{cores} cores, {memory / 1e9:.1f} GB of memory."
    if 0 < memory < LITTLE_MEMORY:
        yield "warning", f"{text} A session takes about 0.5 GB; limit their number with a capacity."
    else:
        yield "OK", f"{text} Capacities limit what sessions use of it."
    if sys.platform == "linux" and not any(Path(file).exists() for file in ("/etc/localtime", "/etc/timezone")):
        yield "problem", "The system names no time zone, which the quick engine needs. Install the package tzdata."
    if sys.platform != "win32":
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if 0 <= files < FEW_FILES:
            yield (
                "warning",
                f"At most {files} open files are allowed. For a team, allow 65536 (LimitNOFILE, ulimit -n).",
            )


def _java(settings: Settings) -> Said:
    java = asyncio.run(spark.find_java(settings.data / "engines"))
    if java is None:
        yield "OK", "No Java 17 or newer; Apache Spark installs one at its first use, the quick engine needs none."
    else:
        yield "OK", f"{java} is new enough for Apache Spark."


def _artifacts(settings: Settings) -> Said:
    if urlsplit(settings.artifacts).scheme.lower() not in SCHEMES:
        yield "OK", f"Artifacts are files in {settings.artifacts or settings.data / 'artifacts'}."
        return
    store = storage.connect(settings.artifacts, settings.data, presigned=False)
    try:
        store.exists("doctor", "probe")
    finally:
        store.close()
    yield "OK", "The object store answers with these credentials."


def _address(settings: Settings) -> Said:
    if settings.public_url and settings.data.exists() and data_folder.running(settings.data) is not None:
        yield from _public_way(settings.public_url)
    local = settings.host in LOOPBACK
    public = urlsplit(settings.public_url)
    if not settings.public_url:
        if local:
            yield "OK", f"Only this machine reaches the server ({settings.host})."
        else:
            yield "warning", "Others reach this server, but links have its own address. Set --public-url."
        return
    if public.scheme != "https" and public.hostname not in LOOPBACK:
        yield "warning", f"{settings.public_url} is not https: passwords and tokens can be read on the way."
    elif public.scheme == "https" and not settings.trusted_proxies:
        yield "warning", "With https in front, name the proxy in --trusted-proxies: else every request has its address."
    else:
        yield "OK", f"People reach the server at {settings.public_url}."


def _public_way(url: str) -> Said:
    """Ask the running server by its public URL; the network may let only others reach it, so this is no problem."""
    try:
        reply = httpx.get(f"{url}/health", timeout=SECONDS)
        found = "" if (reply.status_code, reply.text) == (200, "OK") else f"status {reply.status_code}"
    except httpx.HTTPError as error:
        found = type(error).__name__
    if found:
        yield (
            "warning",
            f"{url}/health does not lead to this server from here: {found}. docs/reverse-proxy.md has examples.",
        )


def _sign_in(settings: Settings) -> Said:
    if not settings.auth:
        yield "warning", "Nobody has to sign in (--no-auth): every program of this machine has access."
        return
    if not settings.oidc_issuer:
        yield "OK", "People sign in by link" + (" or password." if settings.passwords else ".")
        return
    url = f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        reply = httpx.get(url, timeout=SECONDS)
        issuer = reply.json().get("issuer") if reply.status_code == 200 else None
    except (httpx.HTTPError, ValueError) as error:
        yield "problem", f"The provider at {url} does not answer: {type(error).__name__}. Check --oidc-issuer."
        return
    if issuer != settings.oidc_issuer:
        yield "problem", f"The provider calls itself {issuer}; --oidc-issuer must be exactly that."
    else:
        yield "OK", f"People sign in with {settings.oidc_issuer}."


_CHECKS = (
    ("Data folder", _folder),
    ("Disk", _disk),
    ("Database", _database),
    ("Packages", _packages),
    ("Server", _server),
    ("Servers", _other_servers),
    ("Isolation", _boxes),
    ("Machine", _machine),
    ("Java", _java),
    ("Artifacts", _artifacts),
    ("Address", _address),
    ("Sign-in", _sign_in),
)
