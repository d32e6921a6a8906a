"""The door: `handloom up | token | run`. The only reader of argv and environment."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from dataclasses import fields
from typing import Any

from handloom import __version__, settings
from handloom.domain.errors import HandloomError, Invalid
from handloom.settings import Settings

USAGE, FAILED = 2, 1


def main(argv: list[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
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
    return parser


def _add_flag(parser: argparse.ArgumentParser, name: str) -> None:
    setting = next(f for f in fields(Settings) if f.name == name)
    flag = f"--{name.replace('_', '-')}"
    shown = ",".join(setting.default) if isinstance(setting.default, tuple) else setting.default
    text = f"{setting.metadata['help']} Default: {shown or 'none'} ({settings.variable(name)})."
    if setting.default is True:
        parser.add_argument(f"--no-{name.replace('_', '-')}", dest=name, action="store_const", const="false", help=text)
    else:
        parser.add_argument(flag, dest=name, metavar=name.rsplit("_", maxsplit=1)[-1].upper(), help=text)


def _settings(arguments: argparse.Namespace) -> Settings:
    given: dict[str, Any] = {name: getattr(arguments, name, None) for name in settings.names()}
    return settings.parse(given, os.environ)


def _up(arguments: argparse.Namespace) -> int:
    parsed = _settings(arguments)
    from handloom import logging, serving  # noqa: PLC0415 - half a second that `--help` need not wait

    logging.configure()
    serving.serve(parsed, _account())
    return 0


def _account() -> str:
    """The name of the account that runs this; containers may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "me"


if __name__ == "__main__":
    sys.exit(main())
