"""`%pip`, `!pip`, `!uv pip` and `python -m pip` of a session, which change this session's packages only.

The exit code is 0, 1 for a failure, 2 for an invalid command, and `KEPT` if a request was refused but the session has
the package in another version.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from handloom.session import layer, resolving, uv
from handloom.session.layer import Package, State
from handloom.session.options import CONDA, KEPT, Options, UsageError, parse
from handloom.session.resolving import PackageRequest, Plan, RefusedError
from handloom.session.uv import UvError

FREE_BYTES = 512 * 1024 * 1024
"""An install is aborted when the disk has less free space than this."""
PROVIDED = re.compile(
    r"handloom|pysail|pyspark(-client|-connect)?|delta-spark|synapseml(-.*)?|notebookutils|semantic-link.*"
)
"""Packages that the session itself provides; another distribution of them would hide these and not work."""
SAME_MODULE = {"xgboost": "xgboost-cpu"}
"""Package -> one with the same modules but without GPU libraries of hundreds of megabytes."""


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    tool = "pip"
    if given[:1] == ["--as"]:
        tool, given = given[1], given[2:]
    try:
        if not tool.startswith(("pip", "uv")):
            raise UsageError(CONDA)
        return _uv(given) if tool == "uv" else _pip(given)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except RefusedError as error:
        print(error, file=sys.stderr)
        return 1
    except UvError as error:
        print(_failure(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 1


def _failure(error: UvError) -> str:
    if error.is_network:
        return (
            "The package index cannot be reached from this machine, and what is already here is not enough. "
            "Nothing was changed.\n"
            "Without a network: %pip install Files/NAME.whl, or --no-index --find-links FOLDER with the wheels in it. "
            "Behind a mirror: set PIP_INDEX_URL (or a pip.conf) where the server starts.\n"
            f"{resolving.reason(error)}"
        )
    return f"{resolving.reason(error)}\nNothing was changed."


def _uv(arguments: list[str]) -> int:
    """Handle `uv pip` for this session; run uv itself for everything else."""
    if arguments[:1] != ["pip"] or _is_elsewhere(arguments):
        program = layer.facts().uv
        os.execv(program, [program, *arguments])
    return _pip([argument for argument in arguments[1:] if argument != "--system"])


def _is_elsewhere(arguments: list[str]) -> bool:
    """Whether a uv command names another environment than this layer. Raises UsageError for the server's."""
    active = os.environ.get("VIRTUAL_ENV", "")
    place = active if active and Path(active) != layer.prefix() else ""
    for flag, value in zip(arguments, [*arguments[1:], ""], strict=True):
        if flag in ("-p", "--python", "-t", "--target", "--prefix"):
            place = value
        elif flag.startswith(("--python=", "--target=", "--prefix=")):
            place = flag.partition("=")[2]
    if not place:
        return False
    base = Path(layer.facts().base)
    if Path(place).resolve() == base.resolve() or base in Path(place).absolute().parents:
        raise UsageError("That is the server's own environment, which no session changes. Leave the option out.")
    return layer.prefix() not in (Path(place).absolute(), *Path(place).absolute().parents)


def _pip(arguments: list[str]) -> int:
    options = parse(arguments)
    commands = {
        "install": _install,
        "uninstall": _uninstall,
        "list": _list,
        "freeze": _freeze,
        "show": _show,
        "check": _check,
        "version": _version,
    }
    return commands[options.command](options)


def _install(options: Options) -> int:
    before = layer.state()
    spark = not (options.no_spark or before.spark_off)
    request, kept = _request(options, spark)
    for line in kept:
        print(line)
    if not request.lines:
        return 0
    if (installed := resolving.satisfied(request)) is not None and spark == (not before.spark_off):
        for package in installed:
            print(f"Already here: {package.name} {package.version}")
        return 0
    try:
        plan = resolving.plan(request)
    except RefusedError as error:
        return _refuse(error, request, options)
    _carry_out(plan, request)
    changed = _after(before, request, "" if spark else before.spark_off or f"%pip install {' '.join(options.words)}")
    _report(plan, request, changed)
    return 0


def _request(options: Options, spark: bool) -> tuple[PackageRequest, list[str]]:
    """Build the request to resolve, and messages about packages that the session itself provides."""
    have = layer.packages()
    lines, names, kept = [], set(), []
    for line in [*options.requirements, *(line for file in options.files for line in _read(file))]:
        need = _requirement(line)
        name = layer.normalised(need.name) if need else ""
        if name and PROVIDED.fullmatch(name) and (spark or name == "handloom"):
            here = have.get("pyspark-client" if name.startswith("pyspark") else name)
            version = f" ({here.name} {here.version})" if here else ""
            kept.append(f"{line}: the session brings its own{version}, which was kept.")
            continue
        twin = have.get(SAME_MODULE.get(name, ""))
        if need and twin and not options.upgrade and resolving.fits(need, twin.version):
            kept.append(f"Already here: {need.name} {twin.version} (as {twin.name}).")
            continue
        lines.append(line)
        if name:
            names.add(name)
    arguments = [*(options.index or uv.index_arguments()), *options.more]
    request = PackageRequest(
        lines=lines,
        names=names,
        arguments=arguments,
        constraints=[*uv.constraints(), *options.constraints],
        upgrade=options.upgrade,
        dependencies=options.dependencies,
        reinstall=options.reinstall,
        spark=spark,
    )
    return request, kept


def _requirement(line: str) -> Requirement | None:
    try:
        return Requirement(line)
    except InvalidRequirement:
        return None


def _read(file: str) -> list[str]:
    """Read the lines of a requirements file. Raises UsageError for options in it."""
    try:
        text = Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    lines = []
    for line in text.replace("\\\n", " ").splitlines():
        stripped = re.sub(r"(^|\s)#.*$", "", line).strip()
        if stripped.startswith(("-r ", "--requirement ")):
            lines += _read(str(Path(file).parent / stripped.split(None, 1)[1]))
        elif stripped.startswith("-") and not stripped.startswith(("-e ", "--editable ")):
            raise UsageError(f"{file} has the line {stripped!r}. Give that option to %pip itself.")
        elif stripped:
            lines.append(re.sub(r"\s--hash=\S+", "", stripped))
    return lines


def _refuse(error: RefusedError, request: PackageRequest, options: Options) -> int:
    have = layer.packages()
    print(f"{error}\nNothing was changed.", file=sys.stderr)
    if error.spark:
        command = shlex.join(["--no-spark", *options.words])
        print(f"%pip install {command}\n    installs it for this session, without Spark.", file=sys.stderr)
    installed = [have[name] for name in sorted(request.names) if name in have]
    for package in installed:
        more = " and talks to this server" if package.name == "mlflow" else ""
        print(f"{package.name} {package.version} is here{more}.", file=sys.stderr)
    return KEPT if len(installed) == len(request.lines) else 1


def _carry_out(plan: Plan, request: PackageRequest) -> None:
    if plan.install:
        wanted = layer.prefix() / "install.txt"
        wanted.write_text("\n".join(plan.install.values()) + "\n")
        arguments = ["pip", "install", "--no-deps", "--python", str(layer.python()), "--requirements", str(wanted)]
        if request.reinstall:
            arguments.append("--reinstall")
        before = {name: package.version for name, package in layer.packages().items() if package.in_layer}
        try:
            uv.run(
                [*arguments, *request.arguments, *(["--offline"] if plan.offline else [])],
                watch=_room,
            )
            if reason := _room():
                raise UvError(reason)
        except UvError:
            _put_back(before, request)
            raise
        finally:
            wanted.unlink(missing_ok=True)
    _take_out(plan.restore)


def _room() -> str:
    """Return why an install must be aborted (size limit, full disk), or "" to continue."""
    limit = layer.facts().limit_bytes
    if limit and layer.size() > limit:
        return (
            f"These packages may take {limit // 1_000_000:,} MB, and this would be more. "
            "The setting session_packages_mb raises the limit."
        )
    if shutil.disk_usage(layer.prefix()).free < FREE_BYTES:
        return "The disk of the data folder is nearly full."
    return ""


def _put_back(before: dict[str, str], request: PackageRequest) -> None:
    """Restore the layer's packages after a failed install."""
    now = {name: package.version for name, package in layer.packages().items() if package.in_layer}
    _take_out([name for name, version in now.items() if before.get(name) != version])
    lines = [f"{name}=={version}" for name, version in before.items() if now.get(name) != version]
    if lines:
        uv.run(["pip", "install", "--no-deps", "--python", str(layer.python()), *request.arguments, *lines])


def _take_out(names: list[str]) -> None:
    if names:
        uv.run(["pip", "uninstall", "--python", str(layer.python()), *names])


def _after(before: State, request: PackageRequest, spark_off: str) -> State:
    """Write the new state of the session's packages."""
    requested = [line for line in before.requested if _first(line) not in request.names and line not in request.lines]
    changed = State([*requested, *request.lines], _in_layer(), layer.size(), spark_off)
    layer.write_state(changed)
    return changed


def _first(line: str) -> str:
    need = _requirement(line)
    return layer.normalised(need.name) if need else line


def _in_layer() -> dict[str, str]:
    return {p.name: p.version for p in layer.packages().values() if p.in_layer}


def _report(plan: Plan, request: PackageRequest, changed: State) -> None:
    now, below = layer.packages(), layer.server_packages()
    new, other = [], []
    for name in sorted([*plan.install, *plan.restore]):
        package = now.get(name)
        if package is None:  # a path or URL, whose name is known only after installing
            continue
        if name in below and below[name].version != package.version:
            other.append(f"{package.name} {package.version} (instead of {below[name].version})")
        else:
            new.append(f"{package.name} {package.version}")
    if not plan.install and not plan.restore:
        print("Already here: " + ", ".join(request.lines))
        return
    if unnamed := [line for name, line in plan.install.items() if name not in now]:
        new += unnamed
    if new:
        print("Installed in this session: " + ", ".join(new))
    if other:
        print("Changed in this session: " + ", ".join(other))
    if not request.spark:
        print("Spark is off in this session.")
    for warning in plan.warnings:
        print(f"Note: {warning}")
    print(f"The session's packages take {max(1, round(changed.bytes / 1_000_000)):,} MB and go when it ends.")


def _uninstall(options: Options) -> int:
    have, below = layer.packages(), layer.server_packages()
    names = [_first(line) for line in [*options.requirements, *(x for f in options.files for x in _read(f))]]
    mine = {name: have[name].name for name in names if name in have and have[name].in_layer}
    _take_out(list(mine))
    code = 0
    for name in names:
        if name in mine:
            back = f"; {below[name].name} {below[name].version} of the server is back" if name in below else ""
            print(f"Removed from this session: {mine[name]} {have[name].version}{back}")
        elif name in have:
            print(
                f"{have[name].name} {have[name].version} belongs to the server and stays. "
                f"%pip install {name}==VERSION puts another version over it for this session.",
                file=sys.stderr,
            )
            code = 1
        else:
            print(f"{name} is not installed.")
    before = layer.state()
    kept = [line for line in before.requested if _first(line) not in mine]
    layer.write_state(State(kept, _in_layer(), layer.size(), before.spark_off))
    return code


def _chosen(options: Options) -> list[Package]:
    found = sorted(layer.packages().values(), key=lambda package: package.name.lower())
    return [p for p in found if p.in_layer] if options.local else found


def _list(options: Options) -> int:
    found = _chosen(options)
    if options.format == "json":
        print(json.dumps([{"name": p.name, "version": p.version} for p in found]))
    elif options.format == "freeze":
        return _freeze(options)
    else:
        rows = [("Package", "Version", ""), *((p.name, p.version, "this session" if p.in_layer else "") for p in found)]
        widths = [max(len(row[i]) for row in rows) for i in range(2)]
        rows.insert(1, ("-" * widths[0], "-" * widths[1], ""))
        for name, version, place in rows:
            print(f"{name:<{widths[0]}} {version:<{widths[1]}} {place}".rstrip())
    return 0


def _freeze(options: Options) -> int:
    for package in _chosen(options):
        print(f"{package.name}=={package.version}")
    return 0


def _show(options: Options) -> int:
    have = layer.packages()
    missing = [name for name in options.requirements if layer.normalised(name) not in have]
    if missing:
        print(f"Not installed: {', '.join(missing)}", file=sys.stderr)
    shown = [have[layer.normalised(name)] for name in options.requirements if name not in missing]
    for number, package in enumerate(shown):
        meta = package.distribution.metadata
        needs = sorted({need.name for text in package.requires if (need := _requirement(text)) and not need.marker})
        if number:
            print("---")
        print(f"Name: {package.name}\nVersion: {package.version}")
        for key in ("Summary", "Home-page", "Author", "License-Expression"):
            if key in meta:
                print(f"{key}: {meta[key]}")
        print(f"Location: {package.distribution.locate_file('')}\nRequires: {', '.join(needs)}")
    return 1 if missing else 0


def _check(options: Options) -> int:
    have = layer.packages()
    lock = {name: f"{name}=={package.version}" for name, package in have.items() if package.in_layer}
    below = {**have, **layer.server_packages()}
    broken = resolving.breaks(lock, below)
    for package, needs, instead in broken:
        print(
            f"{have[package].name} {have[package].version} needs {needs}, but {instead} is installed in this session."
        )
    if not broken:
        print("No broken requirements found.")
    return 1 if broken else 0


def _version(options: Options) -> int:
    print(f"pip of this session, resolved by uv ({layer.prefix()}, Python {sys.version.split()[0]})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
