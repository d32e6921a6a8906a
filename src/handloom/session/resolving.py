"""Plan an install: resolve the request with uv, preferring the installed versions.

Spark and the kernel itself are hard requirements of every resolution, so that an install does not break them unless
the user asks for it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from handloom.session import layer, uv
from handloom.session.layer import Package
from handloom.session.uv import UvError

KERNEL = ("ipykernel", "pyzmq", "tornado")
"""Pinned to the server's versions, because the kernel runs on them."""
SPARK = ("pyspark-client", "pysail")
"""Pinned to the server's versions while Spark is on, because client and engine must use the same protocol."""
SPARK_NEEDS = ("grpcio", "grpcio-status", "httpx", "pyarrow")
ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRequest:
    """The user's request. `lines` are lines of a requirements file."""

    lines: list[str]
    names: set[str]
    """Normalized names in these lines; a path or URL has none."""
    arguments: list[str] = field(default_factory=list)
    """Options for uv's resolver and installer, such as indexes."""
    constraints: list[str] = field(default_factory=list)
    upgrade: bool = False
    dependencies: bool = True
    reinstall: bool = False
    spark: bool = True

    @property
    def local(self) -> bool:
        """Whether it can be resolved without a package index."""
        return not self.upgrade


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes that an install makes."""

    install: dict[str, str]
    """Normalized name -> the requirement line to install."""
    restore: list[str]
    """Packages to remove from the layer, because the server's version below it is the right one."""
    warnings: list[str]
    offline: bool


class RefusedError(Exception):
    """The request conflicts with the session's requirements; the message says why."""

    def __init__(self, text: str, *, spark: bool) -> None:
        """`spark` is True if the install is possible without Spark."""
        super().__init__(text)
        self.spark = spark


def plan(request: PackageRequest) -> Plan:
    """Resolve a request without installing. Raises RefusedError or UvError."""
    have = layer.packages()
    with tempfile.TemporaryDirectory(prefix="resolve-", dir=layer.prefix()) as folder:
        work = Path(folder)
        own = {name: package for name, package in have.items() if package.in_layer}
        stubs = [_stubs(layer.server_packages(), Path(layer.facts().cache) / "stubs"), _stubs(own, work / "stubs")]
        resolver = _Resolver(work, request, have, stubs)
        if not request.dependencies:
            lock = {name: line for line in request.lines for name in [_name(line)]}
            return _difference(request, lock, have, [], offline=False)
        try:
            lock = resolver.solve([*request.lines, *hard(request.spark)])
        except UvError as error:
            if error.is_conflict:
                _explain(resolver, request, error)
            raise
        lock, warnings = _upgrade_broken(resolver, request, lock, have)
        return _difference(request, lock, have, warnings, offline=resolver.offline)


def hard(spark: bool) -> list[str]:
    """Return the requirements that every resolution must satisfy."""
    below = layer.server_packages()
    lines = [f"{name}=={below[name].version}" for name in KERNEL if name in below]
    if spark:
        lines += [f"{name}=={below[name].version}" for name in SPARK if name in below]
        lines += [line for line in _own_requires() if _name(line) in SPARK_NEEDS]
    return lines


def _own_requires() -> list[str]:
    try:
        return importlib.metadata.requires("handloom") or []
    except importlib.metadata.PackageNotFoundError:  # a source tree
        return []


class _Resolver:
    """uv's resolver, which reads installed packages from stubs and others from the package index."""

    def __init__(self, work: Path, request: PackageRequest, have: Mapping[str, Package], stubs: list[Path]) -> None:
        self._work = work
        self._stubs = stubs
        self._request = request
        self._have = have
        self.offline = False
        self._without_index = request.local and all(name in have for name in request.names)

    def solve(self, lines: list[str]) -> dict[str, str]:
        """Resolve; return normalized name -> requirement line. Raises UvError."""
        if self._without_index:
            try:
                return self._compile(lines, ["--offline", "--no-index"])
            except UvError:
                self._without_index = False
        try:
            return self._compile(lines, ["--offline"] if self.offline else [])
        except UvError as error:
            if self.offline or not error.is_network:
                raise
            network = error
        self.offline = True  # uv's cache and the installed packages may be enough
        try:
            return self._compile(lines, ["--offline"])
        except UvError:
            raise network from None

    def _compile(self, lines: list[str], more: list[str]) -> dict[str, str]:
        asked, lock = self._work / "asked.in", self._work / "lock.txt"
        asked.write_text("\n".join(lines) + "\n")
        lock.write_text("".join(f"{name}=={package.version}\n" for name, package in self._have.items()))
        arguments = ["pip", "compile", str(asked), "--output-file", str(lock), "--python", str(layer.python())]
        arguments += ["--no-header", "--no-annotate"]
        for folder in self._stubs:
            arguments += ["--find-links", str(folder)]
        for file in self._request.constraints:
            arguments += ["--constraints", file]
        if self._request.upgrade:
            for name in sorted(self._request.names):
                arguments += ["--upgrade-package", name]
        uv.run([*arguments, *self._request.arguments, *(flag for flag in more if flag not in self._request.arguments)])
        return {name: line for line in _lines(lock.read_text()) for name in [_name(line)]}


def _stubs(packages: Mapping[str, Package], kept: Path) -> Path:
    """Write installed packages as wheels without content to a folder, so that the resolver needs no index for them.

    `kept` is a cache of such folders.
    """
    words = sorted(f"{name}=={package.version}" for name, package in packages.items())
    folder = kept / hashlib.sha256("\n".join(words).encode()).hexdigest()[:24]
    if folder.is_dir():
        return folder
    kept.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="new-", dir=kept))
    for name, package in packages.items():
        stem = f"{name.replace('-', '_')}-{package.version}"
        with zipfile.ZipFile(draft / f"{stem}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{stem}.dist-info/METADATA", package.distribution.read_text("METADATA") or "")
            wheel.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{stem}.dist-info/RECORD", "")
    try:
        draft.rename(folder)
    except OSError:  # another session has created the folder
        shutil.rmtree(draft)
    return folder


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.strip()


def _name(line: str) -> str:
    """Return the normalized name in a requirement line; the line itself for a path."""
    match = re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^]]*\])?\s*(?:[=<>!~;@ ]|$)", line)
    return layer.normalised(match[1]) if match else line


def _pinned(line: str) -> str:
    """Return the version of a line name==version; "" for a path or URL."""
    match = re.fullmatch(r"[A-Za-z0-9._-]+==(\S+)(?:\s*;.*)?", line)
    return match[1] if match else ""


def _upgrade_broken(
    resolver: _Resolver, request: PackageRequest, lock: dict[str, str], have: Mapping[str, Package]
) -> tuple[dict[str, str], list[str]]:
    """Also upgrade installed packages that the solution would break; where that fails, return warnings."""
    also: set[str] = set()
    for _ in range(ROUNDS):
        broken = breaks(lock, have)
        more = {package for package, _, _ in broken} - also
        if not more:
            break
        try:
            lock = resolver.solve([*request.lines, *hard(request.spark), *sorted(also | more)])
        except UvError:
            break
        also |= more
    off = {"handloom"} if request.spark else {"handloom", *SPARK, *SPARK_NEEDS, "googleapis-common-protos"}
    warnings = [
        f"{have[package].name} {have[package].version} needs {needs}, and may not work with {name}."
        for package, needs, name in breaks(lock, have)
        if package not in off
    ]
    return lock, warnings


def breaks(lock: Mapping[str, str], have: Mapping[str, Package]) -> list[tuple[str, str, str]]:
    """Return installed packages whose requirements the solution violates: package, requirement, new version."""
    versions = {name: version for name, line in lock.items() if (version := _pinned(line))}
    changed = {n: v for n, v in versions.items() if n in have and have[n].version != v}
    found = []
    for name, package in have.items():
        if name in lock:
            continue
        for text in package.requires:
            need = _parsed(text)
            if need is None or (key := layer.normalised(need.name)) not in changed:
                continue
            if need.marker is not None and not need.marker.evaluate({"extra": ""}):
                continue
            if fits(need, have[key].version) and not fits(need, changed[key]):
                found.append((name, f"{need.name}{need.specifier}", f"{need.name} {changed[key]}"))
    return found


def _parsed(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def fits(need: Requirement, version: str) -> bool:
    try:
        return need.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


def _difference(
    request: PackageRequest, lock: Mapping[str, str], have: Mapping[str, Package], warnings: list[str], *, offline: bool
) -> Plan:
    below = layer.server_packages()
    install, restore = {}, []
    for name, line in lock.items():
        version = _pinned(line)
        again = request.reinstall and name in request.names
        if version and name in have and have[name].version == version and not again:
            continue
        if version and name in below and below[name].version == version and not again:
            restore.append(name)
        else:
            install[name] = line
    if not request.dependencies:
        kept = {
            n: line
            for n, line in install.items()
            if not _is_satisfied(line, have) or request.upgrade or request.reinstall
        }
        return Plan(kept, [], warnings, offline)
    return Plan(install, restore, warnings, offline)


def _is_satisfied(line: str, have: Mapping[str, Package]) -> bool:
    """Whether an installed package satisfies a requirement line already."""
    need = _parsed(line)
    return (
        need is not None
        and need.url is None
        and (package := have.get(layer.normalised(need.name))) is not None
        and fits(need, package.version)
    )


def satisfied(request: PackageRequest) -> list[Package] | None:
    """Return the installed packages that satisfy the request; None if one is missing or an upgrade is requested."""
    have = layer.packages()
    if request.upgrade or request.reinstall or not all(_is_satisfied(line, have) for line in request.lines):
        return None
    if any(need.extras for line in request.lines if (need := _parsed(line))):
        return None
    return [have[_name(line)] for line in request.lines]


def _explain(resolver: _Resolver, request: PackageRequest, error: UvError) -> None:
    """Raise RefusedError if the request conflicts with the session's own requirements."""
    asked = " ".join(request.lines)
    if request.spark:
        try:
            lock = resolver.solve([*request.lines, *hard(False)])
        except UvError as other:
            if not other.is_conflict:
                raise
        else:
            raise RefusedError(_against_spark(asked, lock), spark=True)
    try:
        resolver.solve(request.lines)
    except UvError:
        return
    kept = ", ".join(hard(False))
    text = f"{asked} does not go together with the packages that run this session: {kept}.\n{reason(error)}"
    raise RefusedError(text, spark=False)


def _against_spark(asked: str, lock: Mapping[str, str]) -> str:
    below = layer.server_packages()
    needs = [*hard(True), *(text for name in SPARK if name in below for text in below[name].requires)]
    reasons: dict[str, str] = {}
    for text in needs:
        need = _parsed(text)
        if need is None or (need.marker is not None and not need.marker.evaluate({"extra": ""})):
            continue
        version = _pinned(lock.get(layer.normalised(need.name), ""))
        if version and not fits(need, version):
            why = f"It brings {need.name} {version}; Spark in this session needs {need.name}{need.specifier}."
            reasons.setdefault(need.name, why)
    why = "\n".join(reasons.values()) or "Its requirements exclude those of Spark in this session."
    return f"{asked} does not go together with Spark.\n{why}"


def reason(error: UvError) -> str:
    """Return uv's explanation without its surrounding text."""
    text = re.sub(r"^\s*(?:error:|cause:|[×╰─▶|]+)\s*", "", str(error), flags=re.M)
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith(("Using Python", "Resolved ", "Prepared ")))
