"""The door: `handloom up | token | run`. The only reader of argv and environment."""

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
        _add_flag(parser, "data")
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
    _add_flag(run, "data")
    run.set_defaults(act=_run)


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
    data = _settings(arguments).data
    return run(data, arguments.notebook, arguments.workspace, arguments.output, _progress)


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
