"""The door: `handloom up | token | run | import | export | gc`. The only reader of argv and environment."""

from __future__ import annotations

import argparse
import getpass
import os
import re
import signal
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from handloom import __version__, settings
from handloom.domain.errors import HandloomError, Invalid
from handloom.settings import Settings
from handloom.startup import leave_out_unused

USAGE, FAILED = 2, 1
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def main(argv: list[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    leave_out_unused()
    try:
        return int(arguments.act(arguments) or 0)
    except Invalid as error:
        return _say(error.message, USAGE)
    except HandloomError as error:
        return _say(error.message, FAILED)
    except KeyboardInterrupt:
        return 130


def _say(message: str, code: int) -> int:
    print(f"handloom: {message}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="handloom", description="The data science workspace you run yourself.")
    parser.add_argument("--version", action="version", version=f"handloom {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="start the server", description="Start the server; Ctrl+C ends it.")
    for setting in fields(Settings):
        if setting.metadata["flag"]:
            _add_flag(up, setting.name)
    up.set_defaults(act=_up)
    _add_token(commands)
    _add_run(commands)
    _add_import(commands)
    _add_export(commands)
    _add_gc(commands)
    return parser


def _add_flag(parser: argparse.ArgumentParser, name: str) -> None:
    setting = next(f for f in fields(Settings) if f.name == name)
    flag = f"--{name.replace('_', '-')}"
    shown = ",".join(setting.default) if isinstance(setting.default, tuple) else setting.default
    text = f"{setting.metadata['help']} Default: {shown or 'none'} ({settings.variable(name)})."
    if setting.default is True:
        text = f"{setting.metadata['help']} ({settings.variable(name)}=false)"
        parser.add_argument(f"--no-{name.replace('_', '-')}", dest=name, action="store_const", const="false", help=text)
    else:
        parser.add_argument(flag, dest=name, metavar=name.rsplit("_", maxsplit=1)[-1].upper(), help=text)


def _add_place(parser: argparse.ArgumentParser) -> None:
    """Which server or data a command is about."""
    _add_flag(parser, "data")
    _add_flag(parser, "database")


def _add_token(commands: Any) -> None:
    token = commands.add_parser("token", help="make, list and revoke tokens", description="Tokens of this data folder.")
    actions = token.add_subparsers(required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a token for MLFLOW_TRACKING_TOKEN and other clients")
    create.add_argument("name", help="what it is for, e.g. laptop")
    create.add_argument("--days", type=int, help="days until it expires; without, it never does")
    revoke = actions.add_parser("revoke", help="make a token useless at once")
    revoke.add_argument("id", help="as list shows it")
    listing = actions.add_parser("list", help="show the tokens, not their texts")
    sign_in = actions.add_parser("sign-in", help="print a link that signs a browser in, once")
    for parser, act in ((create, _create), (revoke, _revoke), (listing, _list), (sign_in, _sign_in)):
        _add_place(parser)
        parser.set_defaults(act=act)


def _add_run(commands: Any) -> None:
    run = commands.add_parser(
        "run",
        help="run a notebook from its first cell to its last",
        description="Run a notebook in a session of a workspace. Exit code 1 where a cell fails.",
    )
    run.add_argument("notebook", metavar="NOTEBOOK.ipynb", type=Path, help="the file to run; it is not changed")
    run.add_argument("--workspace", required=True, metavar="NAME", help="where it runs; made if it does not exist")
    run.add_argument("--output", metavar="FILE.ipynb", type=Path, help="where to write the notebook with its outputs")
    _add_place(run)
    run.set_defaults(act=_run)


def _add_import(commands: Any) -> None:
    bring = commands.add_parser(
        "import",
        help="move experiments, runs and models in from MLflow or an archive",
        usage="handloom import mlflow SOURCE --workspace NAME [options]\n"
        "       handloom import FILE --workspace NAME [options]",
        description="Move what MLflow tracked into a workspace, or an archive of `handloom export`. Run it again where "
        "it was interrupted: it goes on, and doubles nothing. Exit code 1 where not all could be carried.",
    )
    bring.add_argument(
        "words",
        nargs="+",
        metavar="mlflow SOURCE | FILE",
        help="the address of a tracking server, sqlite:///FILE or postgresql://ADDRESS of its store, or an mlruns "
        "folder; or the file of an archive",
    )
    bring.add_argument("--workspace", required=True, metavar="NAME", help="where to; made if it does not exist")
    bring.add_argument("--no-artifacts", action="store_true", help="leave the files where they are")
    bring.add_argument(
        "--artifact-root",
        metavar="PLACE",
        help="what the server was given as --artifacts-destination; needed with a store whose files it proxied",
    )
    bring.add_argument(
        "--source-workspace", metavar="NAME", default="default", help="which of the source's workspaces, if it has some"
    )
    bring.add_argument("--check-all", action="store_true", help="look again at runs that were carried before")
    _add_place(bring)
    bring.set_defaults(act=_import)


def _add_export(commands: Any) -> None:
    take = commands.add_parser(
        "export",
        help="write a workspace to an archive that import reads",
        description="Write the experiments, runs, models, their files and the notebooks of a workspace to a file.",
    )
    take.add_argument("workspace", metavar="WORKSPACE", help="its name or id")
    take.add_argument("file", metavar="FILE", type=Path, help="the archive to write, a zip")
    _add_place(take)
    take.set_defaults(act=_export)


def _add_gc(commands: Any) -> None:
    gc = commands.add_parser(
        "gc",
        help="delete for good what was deleted a while ago",
        description="Delete for good the runs, experiments and logged models that were deleted a while ago, with their "
        "metrics and files. Until then they can be restored. Says first how much that frees.",
    )
    gc.add_argument("--older-than", metavar="AGE", default="30d", help="deleted at least so long ago: 30d, 12h, 0")
    gc.add_argument("--workspace", metavar="NAME", help="in this workspace only; without, in all")
    gc.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    _add_place(gc)
    gc.set_defaults(act=_gc)


def _settings(arguments: argparse.Namespace) -> Settings:
    given: dict[str, Any] = {name: getattr(arguments, name, None) for name in settings.names()}
    return settings.parse(given, os.environ)


def _up(arguments: argparse.Namespace) -> int:
    parsed = _settings(arguments)
    from handloom import logging, serving  # noqa: PLC0415 - half a second that `--help` need not wait

    logging.configure()
    serving.serve(parsed if _has_screen() else replace(parsed, browser=False), _account())
    return 0


def _create(arguments: argparse.Namespace) -> None:
    from handloom import credentials  # noqa: PLC0415 - as above

    print(credentials.create(_settings(arguments), arguments.name, arguments.days))
    print("Keep it: it is not shown again. Clients send it as MLFLOW_TRACKING_TOKEN.", file=sys.stderr)


def _list(arguments: argparse.Namespace) -> None:
    from handloom import credentials  # noqa: PLC0415 - as above

    print(credentials.table(credentials.list_all(_settings(arguments))))


def _revoke(arguments: argparse.Namespace) -> None:
    from handloom import credentials  # noqa: PLC0415 - as above

    credentials.revoke(_settings(arguments), arguments.id)
    print("Revoked.", file=sys.stderr)


def _sign_in(arguments: argparse.Namespace) -> None:
    from handloom import credentials  # noqa: PLC0415 - as above

    print(credentials.sign_in_link(_settings(arguments)))


def _run(arguments: argparse.Namespace) -> int:
    from handloom.run import run  # noqa: PLC0415 - as above

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends the session as Ctrl+C does
    parsed = _settings(arguments)
    return run(parsed.data, arguments.notebook, arguments.workspace, arguments.output, _progress, parsed.database)


def _import(arguments: argparse.Namespace) -> int:
    from handloom.transfer import commands  # noqa: PLC0415 - as above

    wanted = commands.Wanted(
        words=arguments.words,
        workspace=arguments.workspace,
        copies=not arguments.no_artifacts,
        artifact_root=arguments.artifact_root,
        source_workspace=arguments.source_workspace,
        check_all=arguments.check_all,
    )
    return commands.bring(_settings(arguments), wanted, os.environ, _progress, _draw)


def _export(arguments: argparse.Namespace) -> int:
    from handloom.transfer import commands  # noqa: PLC0415 - as above

    return commands.take(_settings(arguments), arguments.workspace, arguments.file, _progress, _draw)


def _gc(arguments: argparse.Namespace) -> int:
    from handloom import purging  # noqa: PLC0415 - as above

    age = purging.age(arguments.older_than)
    wanted = purging.Wanted(age=age, workspace=arguments.workspace, dry=arguments.dry_run)
    return purging.purge(_settings(arguments), wanted, _progress, _draw)


def _draw(text: str, last: bool) -> None:
    """One line that is drawn again and again; where no terminal is, only how it ends."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last:
        _progress(text)


def _progress(text: str) -> None:
    colours = sys.stderr.isatty()
    print(text if colours else _COLOUR.sub("", text), file=sys.stderr, flush=True)


def _has_screen() -> bool:
    """Without one, Linux would open the page in a text browser, in this terminal."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _account() -> str:
    """The name of the account that runs this; containers may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "me"


if __name__ == "__main__":
    sys.exit(main())
