"""Every setting, once: its default and help text become the flag, the HANDLOOM_* variable and the docs page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from handloom.domain.errors import Invalid
from handloom.domain.webhooks import networks

_DATABASES = ("", "postgresql", "postgres", "postgresql+psycopg")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _setting(default: Any, help: str, *, flag: bool = True) -> Any:
    return field(default=default, metadata={"help": help, "flag": flag})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one server runs. Parsed once from flags and environment by `cli`, then passed down."""

    data: Path = _setting(Path("~/.handloom"), "Folder that holds everything: database, notebooks, artifacts.")  # noqa: RUF009
    database: str = _setting(
        "",
        "PostgreSQL that holds all but files, as postgresql://user:password@host/name; several servers may share one. "
        "Without it, SQLite in the data folder.",
    )
    artifacts: str = _setting(
        "",
        "Where artifacts are kept: s3://, az://, abfss:// or gs:// with a bucket and a prefix, or a folder. Without "
        "it, in the data folder.",
    )
    presigned: bool = _setting(
        True, "Clients move large artifacts straight to and from an object store, unless this is given."
    )
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8484, "Port to listen on; 0 takes a free one.")
    browser: bool = _setting(True, "The sign-in page opens in a browser at the start, unless this is given.")
    auth: bool = _setting(
        True, "People sign in and programs send a token, unless this is given; on loopback addresses only."
    )
    allowed_hosts: tuple[str, ...] = _setting((), "Further Host names that requests may carry, for a reverse proxy.")
    public_url: str = _setting(
        "",
        "Address that people reach the server at, as https://lab.example.com: for the links it prints. Its name need "
        "not be in --allowed-hosts. Without it, the address it listens on.",
    )
    passwords: bool = _setting(False, "People may sign in with a name and a password as well.")
    session_timeout: int = _setting(20, "Idle minutes after which a new notebook's session ends; 0 means never.")
    warm_kernels: int = _setting(1, "Kernels kept waiting so that a session starts at once.")
    session_packages_mb: int = _setting(
        10_000, "Most megabytes of packages that %pip may add to one session; 0 means no limit."
    )
    max_request_bytes: int = _setting(64 * 1024 * 1024, "Largest request body, uploads of artifacts aside.")
    webhook_networks: tuple[str, ...] = _setting(
        (), "Private networks that webhooks may go to, as 10.0.0.0/8; there, http will do. Else: public, https."
    )
    drain: int = _setting(
        5, "Seconds that running cells have to end their MLflow runs when the server is stopped. Then they are killed."
    )
    backup_hours: int = _setting(0, "Hours between scheduled backups; 0 means that none is written by itself.")
    backup_folder: str = _setting(
        "",
        "Folder that scheduled backups are written to, best on another disk. Without it, backups in the data folder.",
    )
    backup_keep: int = _setting(7, "Scheduled backups that are kept; older ones are deleted.")
    spark_home: str = _setting(
        "",
        "Folder of an Apache Spark 4.2, such as an installed package pyspark. Without it, the first use of the engine "
        "Apache Spark installs one into the data folder.",
    )
    capacities: str = _setting(
        "", "TOML file of the Spark Connect addresses that notebooks may choose; docs/engines.md shows one."
    )
    secret_key: str = _setting(
        "",
        "Text that seals the secrets in the database; the same for all servers that share one. Without it, a key is "
        "made in the data folder.",
        flag=False,
    )

    @property
    def database_url(self) -> str:
        """SQLAlchemy's URL of the database."""
        if not self.database:
            return f"sqlite:///{self.data / 'handloom.db'}"
        return f"postgresql+psycopg://{self.database.partition('://')[2]}"

    @property
    def backups(self) -> Path:
        """The folder of scheduled backups."""
        return Path(self.backup_folder).expanduser().absolute() if self.backup_folder else self.data / "backups"

    @property
    def public_address(self) -> str:
        """Where people reach the server, without a slash at the end."""
        return (self.public_url or self.url).rstrip("/")

    @property
    def workspaces(self) -> Path:
        """Root of the notebook files: one folder per workspace id."""
        return self.data / "workspaces"

    @property
    def url(self) -> str:
        """Where this machine's browser and kernels reach the server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def names() -> list[str]:
    return [f.name for f in fields(Settings)]


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"HANDLOOM_{name.upper()}"


def parse(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Flags win over HANDLOOM_* variables, those over defaults. Raise Invalid, naming the one that is wrong."""
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        if flags.get(setting.name) is not None:
            values[setting.name] = read(setting.name, str(flags[setting.name]), f"--{setting.name.replace('_', '-')}")
        elif (text := environ.get(variable(setting.name))) is not None:
            values[setting.name] = read(setting.name, text, variable(setting.name))
    values["data"] = Path(values.get("data", Settings().data)).expanduser().absolute()
    if values.get("database", "").partition("://")[0] not in _DATABASES:
        raise Invalid(
            "--database (HANDLOOM_DATABASE) is the address of a PostgreSQL, as postgresql://USER@HOST/NAME, with "
            ":PASSWORD behind USER if it has one. Leave it out for SQLite in the data folder."
        )
    settings = Settings(**values)
    networks(settings.webhook_networks)
    if settings.public_url and not _is_address(settings.public_url):
        raise Invalid("--public-url (HANDLOOM_PUBLIC_URL) is an address as https://lab.example.com, without a path.")
    if not settings.auth and settings.host not in LOOPBACK:
        raise Invalid(
            f"--no-auth is for loopback addresses only: anyone who reaches {settings.host} would be let in. "
            "Leave out --no-auth or --host."
        )
    return settings


def _is_address(url: str) -> bool:
    """Whether the text is http or https with a host, perhaps a port, and nothing else."""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    rest = (parts.path.rstrip("/"), parts.query, parts.fragment, parts.username, parts.password)
    return parts.scheme in ("http", "https") and has_host and not any(rest)


def read(name: str, text: str, source: str) -> Any:
    """The value of a setting from its text; raise Invalid, naming `source`."""
    default = getattr(Settings(), name)
    if isinstance(default, bool):
        if text.lower() not in ("1", "0", "true", "false", "yes", "no", "on", "off"):
            raise Invalid(f"{source} is “{text}”; say true or false.")
        return text.lower() in ("1", "true", "yes", "on")
    if isinstance(default, int):
        highest = 65_535 if name == "port" else 2**53
        if not text.isdecimal() or int(text) > highest:
            raise Invalid(f"{source} is “{text}”; say a whole number from 0 to {highest}.")
        return int(text)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if not text.strip():
        raise Invalid(f"{source} is empty.")
    return Path(text) if isinstance(default, Path) else text
