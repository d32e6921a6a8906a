"""The command line (click): parse arguments and environment variables, and call a function of `commands/`.

No other module reads either.
"""

from __future__ import annotations

import getpass
import os
import shlex
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from handloom import __version__, settings
from handloom.domain.errors import HandloomError, Invalid
from handloom.domain.masking import mask_credentials
from handloom.options import Days, InOrder, data_settings, every_setting, server_pid, setting_options
from handloom.startup import importing, leave_out_unused

USAGE, FAILED, INTERRUPTED = 2, 1, 130


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return the exit code."""
    leave_out_unused()
    _mask_process_title()
    try:
        return int(handloom.main(arguments, prog_name="handloom", standalone_mode=False) or 0)
    except click.ClickException as error:
        usage = error.ctx.get_usage() + "\n" if isinstance(error, click.UsageError) and error.ctx else ""
        return _fail(error.format_message(), error.exit_code, usage)
    except Invalid as error:
        return _fail(error.message, USAGE)
    except HandloomError as error:
        return _fail(error.message, FAILED)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except MemoryError:
        return _fail("This machine does not have enough memory for that. What was done before it is kept.", FAILED)


def _mask_process_title() -> None:
    """Hide credentials in the arguments from other accounts, which can list the arguments of every process."""
    words = [mask_credentials(word) for word in sys.argv[1:]]
    if words != sys.argv[1:]:
        import setproctitle  # noqa: PLC0415 - rarely needed

        setproctitle.setproctitle(shlex.join(["handloom", *words]))


def _fail(message: str, code: int, usage: str = "") -> int:
    click.echo(mask_credentials(f"{usage}handloom: {message}"), err=True)
    return code


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="handloom %(version)s")
def handloom() -> None:
    """The data science workspace you run yourself."""


@handloom.command()
@every_setting
def up(**options: Any) -> int:
    """Start the server; Ctrl+C stops it."""
    parsed = settings.parse(options, os.environ)
    with importing():
        from handloom import log_setup  # noqa: PLC0415 - half a second that `--help` need not wait
        from handloom.commands.up import serve  # noqa: PLC0415 - as above

    log_setup.configure(parsed.log_format, parsed.log_file)
    serve(parsed if _has_screen() else replace(parsed, browser=False), _account())
    return 0


@handloom.command()
@every_setting
def doctor(**options: Any) -> int:
    """Check what the server needs here, with the options of `up`; exit code 1 if there is a problem."""
    from handloom.commands import doctor as command  # noqa: PLC0415 - as above

    return command.diagnose(settings.parse(options, os.environ))


@handloom.group()
def token() -> None:
    """Create, list and revoke tokens."""


_expires = click.option(
    "--expires",
    type=Days(),
    default="90",
    show_default=True,
    metavar="DAYS|never",
    help="Days until it expires, or never.",
)


@token.command("create")
@click.argument("name")
@_expires
@click.option("--days", type=int, hidden=True, help="The older name of --expires.")
@data_settings
def create_token(name: str, expires: int | None, days: int | None, **options: Any) -> None:
    """Create a token for MLFLOW_TRACKING_TOKEN and other clients. NAME describes its use, e.g. laptop."""
    from handloom.commands import token as command  # noqa: PLC0415 - as above

    token, text = command.create(settings.parse(options, os.environ), name, expires if days is None else days)
    click.echo(text)
    click.echo("Copy it now: it is not shown again. Clients send it as MLFLOW_TRACKING_TOKEN.", err=True)
    click.echo(command.when_it_expires(token), err=True)


@token.command("list")
@data_settings
def list_tokens(**options: Any) -> None:
    """List the tokens, without their secrets."""
    from handloom.commands import token as command  # noqa: PLC0415 - as above

    click.echo(command.table(command.list_tokens(settings.parse(options, os.environ))))


@token.command("revoke")
@click.argument("id")
@data_settings
def revoke_token(id: str, **options: Any) -> None:
    """Revoke the token with this ID, which `list` shows; it stops working at once."""
    from handloom.commands import token as command  # noqa: PLC0415 - as above

    command.revoke(settings.parse(options, os.environ), id)
    click.echo("Revoked.", err=True)


@token.command("sign-in")
@data_settings
def sign_in(**options: Any) -> None:
    """Print a link that signs a browser in, once."""
    from handloom.commands import token as command  # noqa: PLC0415 - as above

    click.echo(command.sign_in_link(settings.parse(options, os.environ)))


@handloom.group()
def user() -> None:
    """Add, invite, disable and remove people."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(["user", "admin"]), default="user", help="An admin manages people.")
@click.option("--display-name", metavar="TEXT", default="", help="What others see; without, NAME.")
@data_settings
def add_user(name: str, role: str, display_name: str, **options: Any) -> None:
    """Add a person and print a link that signs them in, once, within a week."""
    from handloom.commands import user as command  # noqa: PLC0415 - as above

    parsed = settings.parse(options, os.environ)
    click.echo(command.add(parsed, name, display_name=display_name, admin=role == "admin"))
    click.echo(f"Send this link to {name}: it works once, within a week.", err=True)


@user.command("list")
@data_settings
def list_users(**options: Any) -> None:
    """List the people."""
    from handloom.commands import user as command  # noqa: PLC0415 - as above

    click.echo(command.table(command.list_all(settings.parse(options, os.environ))))


@user.command("link")
@click.argument("name")
@data_settings
def link_user(name: str, **options: Any) -> None:
    """Print a new link that signs a person in, once, within a week. Their earlier links end."""
    from handloom.commands import user as command  # noqa: PLC0415 - as above

    click.echo(command.link(settings.parse(options, os.environ), name))


@user.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(["user", "admin"]))
@data_settings
def set_role(name: str, role: str, **options: Any) -> None:
    """Make a person an admin, who manages people, or a user again."""
    from handloom.commands import user as command  # noqa: PLC0415 - as above

    command.set_admin(settings.parse(options, os.environ), name, admin=role == "admin")


@user.command("password")
@click.argument("name")
@click.option("--remove", is_flag=True, help="Take the password away.")
@data_settings
def set_password(name: str, remove: bool, **options: Any) -> None:
    """Give a person a password, which is asked for, or read from standard input. Needs `up --passwords` to sign in."""
    from handloom.commands import user as command  # noqa: PLC0415 - as above

    password = None if remove else _new_password()
    command.set_password(settings.parse(options, os.environ), name, password)
    click.echo("Done. Their browsers are signed out.", err=True)


@user.command("disable")
@click.argument("name")
@data_settings
def disable_user(name: str, **options: Any) -> None:
    """Let a person in no more: ends their browsers, tokens and sessions at once. What they made stays."""
    from handloom.commands import user as command  # noqa: PLC0415 - as above

    command.set_disabled(settings.parse(options, os.environ), name, disabled=True)
    click.echo("Disabled. Their browsers, tokens and sessions have ended.", err=True)


@user.command("enable")
@click.argument("name")
@data_settings
def enable_user(name: str, **options: Any) -> None:
    """Let a disabled person in again. They need a new link, and new tokens."""
    from handloom.commands import user as command  # noqa: PLC0415 - as above

    command.set_disabled(settings.parse(options, os.environ), name, disabled=False)
    click.echo(f"Enabled. For a link: handloom user link {name}", err=True)


@user.command("remove")
@click.argument("name")
@click.option("--to", "successor", metavar="NAME", help="Who takes over workspaces that would have no admin.")
@data_settings
def remove_user(name: str, successor: str | None, **options: Any) -> None:
    """Remove a person. What they made stays and shows their name; asks who takes over their workspaces."""
    from handloom.commands import user as command  # noqa: PLC0415 - as above

    parsed = settings.parse(options, os.environ)
    orphans = command.only_admin_of(parsed, name)
    if orphans and successor is None and sys.stdin.isatty():
        click.echo(f"{name} is the only admin of: {', '.join(orphans)}", err=True)
        successor = click.prompt("Who takes over", err=True)
    command.remove(parsed, name, successor)
    click.echo(f"Removed. {successor} is now the admin of: {', '.join(orphans)}" if orphans else "Removed.", err=True)


@handloom.group()
def group() -> None:
    """Put people into groups, which have roles in workspaces."""


@group.command("add")
@click.argument("name")
@click.option("--claim", metavar="TEXT", default="", help="Its name in the provider's claim of groups.")
@data_settings
def add_group(name: str, claim: str, **options: Any) -> None:
    """Add a group without members."""
    from handloom.commands import group as command  # noqa: PLC0415 - as above

    command.add(settings.parse(options, os.environ), name, claim)


@group.command("list")
@data_settings
def list_groups(**options: Any) -> None:
    """List the groups."""
    from handloom.commands import group as command  # noqa: PLC0415 - as above

    click.echo(command.table(command.list_all(settings.parse(options, os.environ))))


@group.command("show")
@click.argument("name")
@data_settings
def show_group(name: str, **options: Any) -> None:
    """Show the members of a group, and the workspaces in which it has a role."""
    from handloom.commands import group as command  # noqa: PLC0415 - as above

    click.echo(command.details(command.show(settings.parse(options, os.environ), name)))


@group.command("change")
@click.argument("name")
@click.option("--name", "new_name", metavar="TEXT", help="A new name.")
@click.option("--claim", metavar="TEXT", help="Another name in the provider's claim; members by the old one leave.")
@data_settings
def change_group(name: str, new_name: str | None, claim: str | None, **options: Any) -> None:
    """Rename a group, or change its name at the provider."""
    from handloom.commands import group as command  # noqa: PLC0415 - as above

    command.change(settings.parse(options, os.environ), name, name=new_name, claim=claim)


@group.command("join")
@click.argument("name")
@click.argument("person")
@data_settings
def join_group(name: str, person: str, **options: Any) -> None:
    """Put a PERSON into the group NAME."""
    from handloom.commands import group as command  # noqa: PLC0415 - as above

    command.join(settings.parse(options, os.environ), name, person)


@group.command("leave")
@click.argument("name")
@click.argument("person")
@data_settings
def leave_group(name: str, person: str, **options: Any) -> None:
    """Take a PERSON out of the group NAME."""
    from handloom.commands import group as command  # noqa: PLC0415 - as above

    command.leave(settings.parse(options, os.environ), name, person)


@group.command("role")
@click.argument("name")
@click.argument("workspace")
@click.argument("role", type=click.Choice(["viewer", "contributor", "member", "admin", "none"]))
@data_settings
def set_group_role(name: str, workspace: str, role: str, **options: Any) -> None:
    """Give the group NAME a ROLE in a WORKSPACE; none takes it away."""
    from handloom.commands import group as command  # noqa: PLC0415 - as above

    command.set_role(settings.parse(options, os.environ), name, workspace, None if role == "none" else role)


@group.command("remove")
@click.argument("name")
@data_settings
def remove_group(name: str, **options: Any) -> None:
    """Remove a group with its roles. Its members stay, with their own roles."""
    from handloom.commands import group as command  # noqa: PLC0415 - as above

    command.remove(settings.parse(options, os.environ), name)
    click.echo("Removed.", err=True)


@handloom.group()
def service() -> None:
    """Give programs such as CI accounts and tokens of their own."""


@service.command("add")
@click.argument("name")
@click.option("--workspace", "workspaces", required=True, multiple=True, metavar="NAME", help="May be repeated.")
@click.option(
    "--role",
    type=click.Choice(["viewer", "contributor", "member"]),
    default="contributor",
    show_default=True,
    help="Its role in each of these workspaces.",
)
@_expires
@data_settings
def add_service(name: str, workspaces: tuple[str, ...], role: str, expires: int | None, **options: Any) -> None:
    """Add a service account that has a role in some workspaces, and print its first token."""
    from handloom.commands import program as command  # noqa: PLC0415 - as above
    from handloom.commands import token as tokens  # noqa: PLC0415 - as above

    made = command.add(settings.parse(options, os.environ), name, workspaces, role, expires)
    click.echo(made.text)
    click.echo("Copy it now: it is not shown again. Clients send it as MLFLOW_TRACKING_TOKEN.", err=True)
    click.echo(tokens.when_it_expires(made.token), err=True)


@service.command("token")
@click.argument("name")
@click.option("--name", "token_name", metavar="TEXT", help="What the token is for; without, NAME.")
@_expires
@data_settings
def create_service_token(name: str, token_name: str | None, expires: int | None, **options: Any) -> None:
    """Create one more token for the service account NAME, and print it."""
    from handloom.commands import program as command  # noqa: PLC0415 - as above
    from handloom.commands import token as tokens  # noqa: PLC0415 - as above

    made = command.create_token(settings.parse(options, os.environ), name, token_name or name, expires)
    click.echo(made.text)
    click.echo(tokens.when_it_expires(made.token), err=True)


@service.command("list")
@data_settings
def list_services(**options: Any) -> None:
    """List the service accounts. `handloom user disable` and `remove` end them."""
    from handloom.commands import program as command  # noqa: PLC0415 - as above

    click.echo(command.table(command.list_all(settings.parse(options, os.environ))))


@handloom.command()
@click.argument("notebook", metavar="NOTEBOOK.ipynb", type=click.Path(path_type=Path))
@click.option("--workspace", required=True, metavar="NAME", help="Where it runs; created if it does not exist.")
@click.option(
    "--output",
    metavar="FILE.ipynb",
    type=click.Path(path_type=Path),
    help="Where to write the notebook with its outputs.",
)
@click.option(
    "-p",
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set after the notebook's parameter cell; numbers, true and false are such, everything else is text.",
)
@click.option("--environment", default="", metavar="NAME", help="Its packages; otherwise the workspace's default.")
@data_settings
def run(
    notebook: Path, workspace: str, output: Path | None, parameters: tuple[str, ...], environment: str, **options: Any
) -> int:
    """Run all cells of a notebook in a session of a workspace.

    NOTEBOOK.ipynb is not changed. The exit code is 1 if a cell fails.
    """
    from handloom.commands.run import run as command  # noqa: PLC0415 - as above
    from handloom.domain.parameters import parsed  # noqa: PLC0415 - as above

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the session as Ctrl+C does
    given = dict(map(parsed, parameters))
    return command(settings.parse(options, os.environ), notebook, workspace, output, given, environment)


@handloom.command("import")
@click.argument("source", nargs=-1, required=True, metavar="KIND SOURCE | FILE")
@click.option("--workspace", metavar="NAME", help="Where to; created if it does not exist.")
@click.option("--no-artifacts", is_flag=True, help="Leave the files where they are.")
@click.option(
    "--artifact-root",
    metavar="PLACE",
    help="The server's --artifacts-destination; needed for a store whose files the server proxied.",
)
@click.option(
    "--source-workspace", metavar="NAME", default="default", help="The source's workspace to import, if it has several."
)
@click.option("--branch", metavar="NAME", default="", help="The branch of a git repository, if not its own.")
@click.option("--check-all", is_flag=True, help="Check runs again that were imported before.")
@click.option("--dry-run", is_flag=True, help="Only read and count; import nothing. Needs no server.")
@data_settings
def import_(
    source: tuple[str, ...],
    workspace: str | None,
    no_artifacts: bool,
    artifact_root: str | None,
    source_workspace: str,
    branch: str,
    check_all: bool,
    dry_run: bool,
    **options: Any,
) -> int:
    """Import from MLflow, FastTrackML, Weights & Biases, Aim or TensorBoard, or an archive of `handloom export`.

    \b
    mlflow SOURCE       the URL of a tracking server (also of FastTrackML), sqlite:///FILE or
                        postgresql://ADDRESS of its store, or an mlruns folder
    wandb FOLDER        a wandb folder with the folders of runs
    aim FOLDER          the folder that has .aim
    tensorboard FOLDER  event files, in a folder for each run
    notebooks FILE...   .ipynb files, zip archives of notebooks and other files, or https addresses of git
                        repositories; GIT_USERNAME and GIT_TOKEN open private ones
    FILE                an archive

    Run an interrupted import again to continue it; it imports nothing twice. The exit code is 1 if something could
    not be imported.
    """
    from handloom.commands import import_ as command  # noqa: PLC0415 - as above

    wanted = command.ImportOptions(
        source=list(source),
        workspace=workspace,
        with_artifacts=not no_artifacts,
        artifact_root=artifact_root,
        source_workspace=source_workspace,
        branch=branch,
        check_all=check_all,
        dry_run=dry_run,
    )
    return command.import_into(settings.parse(options, os.environ), wanted, os.environ)


@handloom.command()
@click.argument("workspace")
@click.argument("file", type=click.Path(path_type=Path))
@data_settings
def export(workspace: str, file: Path, **options: Any) -> int:
    """Write a workspace to an archive that `handloom import` reads.

    WORKSPACE is a name or id. FILE, a zip, gets its experiments, runs, models, their files and the notebooks.
    """
    from handloom.commands.export import export_from  # noqa: PLC0415 - as above

    return export_from(settings.parse(options, os.environ), workspace, file)


@handloom.command()
@click.option("--minutes", type=click.FloatRange(min=0), default=60, help="How long running cells may go on.")
@server_pid
@click.option("--stay", is_flag=True, help="Do not stop the server then: it stays without sessions.")
@click.option("--no-wait", is_flag=True, help="Return at once.")
@click.option("--cancel", is_flag=True, help="Put the server into service again.")
@data_settings
def drain(minutes: float, pid: int | None, stay: bool, no_wait: bool, cancel: bool, **options: Any) -> int:
    """Take a running server out of service: no session starts on it any more, running cells may end, then it stops."""
    from handloom.commands import drain as command  # noqa: PLC0415 - as above

    where = settings.parse(options, os.environ)
    return command.drain(where, minutes, pid=pid, stop=not stay, wait=not no_wait, cancel=cancel)


@handloom.command()
@click.option("--minutes", type=click.FloatRange(min=0, max=60), default=1, help="How long to wait for a good moment.")
@server_pid
@data_settings
def restart(minutes: float, pid: int | None, **options: Any) -> int:
    """Restart a running server in place, for example after an upgrade: its sessions go on.

    Waits until nothing is being started or built. Cells run on, and open pages connect again. Not on Windows.
    """
    from handloom.commands import restart as command  # noqa: PLC0415 - as above

    return command.restart(settings.parse(options, os.environ), minutes, pid=pid)


@handloom.command()
@click.option("--older-than", metavar="AGE", default="30d", help="Deleted at least this long ago: 30d, 12h, 0.")
@click.option("--workspace", metavar="NAME", help="In this workspace only; without, in all.")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@data_settings
def gc(older_than: str, workspace: str | None, dry_run: bool, **options: Any) -> int:
    """Delete permanently what was deleted some time ago (garbage collection).

    Purges deleted runs, experiments and logged models with their metrics and files. Until then they can be restored.
    First prints how much space this frees.
    """
    from handloom.commands import gc as command  # noqa: PLC0415 - as above

    wanted = command.GcOptions(age=command.age_of(older_than), workspace=workspace, dry_run=dry_run)
    return command.collect_garbage(settings.parse(options, os.environ), wanted)


@handloom.command()
@click.argument("target", metavar="FOLDER|FILE.tar", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(min=1), help="Delete all but this many of the newest snapshots of FOLDER.")
@click.option("--check", is_flag=True, help="Write nothing; check every file and the database of a snapshot.")
@click.option("--snapshot", metavar="ID", help="The snapshot to check; without, the newest.")
@setting_options("data", "database", "artifacts")
def backup(target: Path, keep: int | None, check: bool, snapshot: str | None, **options: Any) -> int:
    """Back up the data folder while its server runs, or check a backup.

    Writes a snapshot of the database, notebooks and artifacts to FOLDER, which stores identical content once, or to
    FILE.tar. Tokens are not included. The exit code of --check is 1 if something is damaged.
    """
    from handloom.commands import backup as command  # noqa: PLC0415 - as above

    if check:
        return command.check(target, snapshot)
    return command.back_up(settings.parse(options, os.environ), target, keep)


@handloom.command()
@click.argument("source", metavar="FOLDER|FILE.tar", type=click.Path(path_type=Path))
@click.option("--snapshot", metavar="ID", help="The snapshot to restore; without, the newest.")
@data_settings
def restore(source: Path, snapshot: str | None, **options: Any) -> int:
    """Restore a backup into a new data folder, given by --data.

    With --database, a backup of a PostgreSQL database is restored into that empty database.
    """
    from handloom.commands.restore import restore as command  # noqa: PLC0415 - as above

    return command(settings.parse(options, os.environ), source, snapshot)


def _new_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    text: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return text


def _has_screen() -> bool:
    """Whether a graphical browser can open; without a display, Linux would open a text browser in this terminal."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _account() -> str:
    """Return the name of the operating system account; containers may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "me"


if __name__ == "__main__":
    sys.exit(main())
