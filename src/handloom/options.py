"""Options of the command line (click) that are made from the settings, with their names, defaults and help texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

import click

from handloom import settings
from handloom.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


def setting_options(*names: str) -> Callable[[Command], Command]:
    """Add options for these settings, with the names, defaults and help texts of `settings`."""

    def add(command: Command) -> Command:
        for setting in reversed([s for s in fields(Settings) if s.name in names]):
            command = _setting_option(setting)(command)
        return command

    return add


def _setting_option(setting: Any) -> Callable[[Command], Command]:
    flag, variable = setting.name.replace("_", "-"), settings.variable(setting.name)
    text = setting.metadata["help"]
    if setting.default is True:
        text = f"{text} ({variable}=false)"
        return click.option(f"--no-{flag}", setting.name, is_flag=True, help=text, callback=_false_where_given)
    if setting.default is False:
        text = f"{text} ({variable}=true)"
        return click.option(f"--{flag}", setting.name, is_flag=True, help=text, callback=_true_where_given)
    shown = ",".join(setting.default) if isinstance(setting.default, tuple) else setting.default
    metavar = flag.rpartition("-")[2].upper()
    return click.option(f"--{flag}", metavar=metavar, help=f"{text} Default: {shown or 'none'} ({variable}).")


def _false_where_given(context: click.Context, option: click.Parameter, given: bool) -> str | None:
    return "false" if given else None


def _true_where_given(context: click.Context, option: click.Parameter, given: bool) -> str | None:
    return "true" if given else None


every_setting = setting_options(*(setting.name for setting in fields(Settings) if setting.metadata["flag"]))
data_settings = setting_options("data", "database")  # which server or data a command is about

server_pid = click.option(
    "--pid", type=int, metavar="PID", help="Of several servers on this machine, the one with this process id."
)


class InOrder(click.Group):
    """A group that lists commands in the order of this file, which is the order in which users need them."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)


class Days(click.ParamType[int | None]):
    """A number of days, or the word never (None)."""

    name = "days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value == "never":
            return None
        try:
            return int(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number of days nor the word never.", param, ctx)
