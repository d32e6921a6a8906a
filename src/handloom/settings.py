"""All settings with default and help text, from which the flags, HANDLOOM_* variables and docs/settings.md are made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from handloom.domain.errors import Invalid
from handloom.domain.webhooks import networks

_DATABASES = ("", "postgresql", "postgres", "postgresql+psycopg")
_SEGMENT = re.compile(r"(?!\.\.?$)[A-Za-z0-9._~-]+")
_CHOICES = {"isolation": ("auto", "required", "none"), "log_format": ("text", "json")}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
OWN_PATHS = frozenset(
    [
        "ajax-api",
        "api",
        "assets",
        "audit",
        "bin",
        "capacities",
        "compare",
        "create",
        "get-artifact",
        "graphql",
        "health",
        "jupyter",
        "metrics",
        "mlflow",
        "model-versions",
        "output-frame",
        "people",
        "profile",
        "ready",
        "sessions",
        "sign-in",
        "static-files",
        "v1",
        "version",
        "workspaces",
    ]
)
"""First segments of the server's own paths, with which the path of its public URL must not begin."""


def _setting(default: Any, help: str, *, flag: bool = True) -> Any:
    return field(default=default, metadata={"help": help, "flag": flag})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a server. `cli` parses them once from flags and environment, then passes them down."""

    data: Path = _setting(Path("~/.handloom"), "Data folder: database, notebooks, artifacts.")  # noqa: RUF009
    database: str = _setting(
        "",
        "URL of a PostgreSQL database, such as postgresql://user:password@host/name; several servers may share it. "
        "If not set: SQLite in the data folder.",
    )
    artifacts: str = _setting(
        "",
        "Where artifacts are stored: s3://, az://, abfss:// or gs:// with a bucket and a prefix, or a folder. "
        "If not set: in the data folder.",
    )
    presigned: bool = _setting(
        True, "Do not let clients transfer large artifacts directly to and from an object store by presigned URLs."
    )
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8484, "Port to listen on; 0 selects a free one.")
    browser: bool = _setting(True, "Do not open the sign-in page in a browser at the start.")
    auth: bool = _setting(True, "Do not require sign-in or tokens; only allowed on loopback addresses.")
    allowed_hosts: tuple[str, ...] = _setting((), "Additional Host names to accept in requests, for a reverse proxy.")
    public_url: str = _setting(
        "",
        "URL at which users reach the server, such as https://lab.example.com or https://example.com/lab, for links "
        "and pages. Its name need not be in --allowed-hosts. If not set: the address that it listens on.",
    )
    peer_url: str = _setting(
        "",
        "URL at which other servers of the same database reach this one, such as http://10.0.0.5:8484. Needed where "
        "they run on other machines and --host is not an address of this one.",
    )
    trusted_proxies: tuple[str, ...] = _setting(
        (),
        "Addresses or networks of reverse proxies, such as 127.0.0.1, whose X-Forwarded-For and X-Forwarded-Proto say "
        "who sends a request and by which scheme. If not set, these headers are ignored.",
    )
    passwords: bool = _setting(False, "People may sign in with a name and a password as well.")
    oidc_issuer: str = _setting(
        "",
        "URL of an OpenID Connect provider, such as https://login.example.com/realms/main, with which people sign in. "
        "Register PUBLIC_URL/sign-in/oidc/callback there as the redirect URI.",
    )
    oidc_client_id: str = _setting("", "Id of this server as a client of the OpenID Connect provider.")
    oidc_client_secret: str = _setting("", "Secret of this client. If not set: a public client.", flag=False)
    oidc_client_secret_file: str = _setting("", "File with the secret of this client, instead of the variable.")
    oidc_name: str = _setting("single sign-on", "What the button calls the provider: “Sign in with NAME”.")
    oidc_sign_out: bool = _setting(False, "Let Sign out end the session at the provider too, for all that uses it.")
    oidc_scopes: tuple[str, ...] = _setting(
        ("openid", "profile", "email"), "Scopes to request from the provider, with commas."
    )
    oidc_allowed: tuple[str, ...] = _setting(
        (),
        "Verified email addresses, or domains such as example.com, of people who may sign in with the provider. If not "
        "set: everybody whom the provider signs in.",
    )
    oidc_groups_claim: str = _setting(
        "",
        "Claim with the names of a person's groups at the provider, such as groups. At each sign-in the person joins "
        "and leaves the groups here that have these names at the provider. If not set, the provider decides on none.",
    )
    sign_in_header: str = _setting(
        "",
        "Header, such as X-Remote-User, in which a proxy of --trusted-proxies sends the name of the user whom it "
        "signed in. From any other address, or without the proxy's secret, the header is ignored.",
    )
    proxy_secret_file: str = _setting(
        "",
        "File with the secret that this proxy sends in X-Handloom-Proxy-Secret, at least 32 characters. Code in "
        "notebooks has the same address as a proxy on this machine, so an address alone proves nothing.",
    )
    create_people: bool = _setting(
        False, "Add people at their first sign-in with OpenID Connect or by the header of a proxy."
    )
    session_timeout: int = _setting(20, "Idle minutes after which a new notebook's session ends; 0 means never.")
    warm_kernels: int = _setting(1, "Number of started kernels to keep ready, so that sessions start at once.")
    forked_kernels: bool = _setting(
        True,
        "Start kernels as forks of one process that has imported common packages, on Linux: an idle session then takes "
        "about a third of the memory. Sessions whose environment or %pip packages differ start as usual, and all of "
        "them where no kernels are kept ready.",
    )
    session_packages_mb: int = _setting(
        10_000, "Maximum size of the packages that %pip installs in one session, in MB; 0 means no limit."
    )
    isolation: str = _setting(
        "auto",
        "Whether sessions run in boxes, where they see only their workspace's files: auto (where bubblewrap can make a "
        "box, on a server that others reach by --host or --public-url), required (no session starts without one) or "
        "none.",
    )
    session_folders: tuple[str, ...] = _setting(
        (), "Folders of this machine that every session in a box may read and write, besides its workspace's."
    )
    session_variables: tuple[str, ...] = _setting(
        (),
        "Environment variables of the server that sessions in a box get although their names look like secrets, such "
        "as AWS_PROFILE.",
    )
    max_request_bytes: int = _setting(64 * 1024 * 1024, "Maximum size of a request's body, except artifact uploads.")
    webhook_networks: tuple[str, ...] = _setting(
        (),
        "Private networks that webhooks and git may use, by http or https, such as 10.0.0.0/8. Others: public https.",
    )
    drain: int = _setting(
        5, "Seconds for running cells to end their MLflow runs when the server stops, before they are killed."
    )
    grace: int = _setting(
        0,
        "Seconds for which running cells may go on when the server is told to stop (SIGTERM, Ctrl+C), before they are "
        "interrupted. No session starts meanwhile. A second signal ends the wait. `handloom drain` asks for more.",
    )
    backup_hours: int = _setting(0, "Hours between scheduled backups; 0 turns them off.")
    backup_folder: str = _setting(
        "",
        "Folder for scheduled backups, preferably on another disk. If not set: `backups` in the data folder.",
    )
    backup_keep: int = _setting(7, "Number of scheduled backups to keep; older ones are deleted.")
    log_format: str = _setting("text", "Format of the log: text, or json with a line of JSON for each event.")
    log_file: str = _setting(
        "", "File for the log, which is rotated at 20 MB and of which five are kept. If not set: standard error."
    )
    access_log: bool = _setting(
        False, "Log each request: method, path, status, bytes, time, address, user, and the id of its reply's header."
    )
    audit_days: int = _setting(365, "Days for which the audit log keeps its entries; 0 keeps them for ever.")
    bin_days: int = _setting(
        30,
        "Days for which deleted notebooks, experiments, runs, tables and removed workspaces can be restored; then they "
        "are deleted for good. 0 keeps them until `handloom gc`.",
    )
    quota_artifacts_mb: int = _setting(
        0,
        "How many MB of files of runs and models a workspace may keep; 0 means no limit. Admins of the installation "
        "can give a workspace another limit.",
    )
    quota_files_mb: int = _setting(
        0, "How many MB of tables, files and notebooks a workspace may keep; 0 means no limit."
    )
    quota_notebooks: int = _setting(0, "How many notebooks a workspace may have; 0 means no limit.")
    spark_home: str = _setting(
        "",
        "Folder of an Apache Spark 4.2, such as an installed package pyspark. If not set: the first use of the engine "
        "Apache Spark installs one into the data folder.",
    )
    capacities: str = _setting(
        "",
        "TOML file of Spark Connect servers that notebooks can use, and of capacities for sessions. docs/engines.md "
        "and docs/capacities.md have examples.",
    )
    secret_key: str = _setting(
        "",
        "Key that encrypts the secrets in the database; the same for all servers that share one. If not set: a key "
        "that is generated in the data folder.",
        flag=False,
    )

    @property
    def database_url(self) -> str:
        """The database URL for SQLAlchemy."""
        if not self.database:
            return f"sqlite:///{self.data / 'handloom.db'}"
        return f"postgresql+psycopg://{self.database.partition('://')[2]}"

    @property
    def backups(self) -> Path:
        """The folder of scheduled backups."""
        return Path(self.backup_folder).expanduser().absolute() if self.backup_folder else self.data / "backups"

    @property
    def public_address(self) -> str:
        """URL at which users reach the server, without a trailing slash."""
        return self.public_url or self.url

    @property
    def peer_address(self) -> str:
        """URL at which other servers of the database reach this one, without a trailing slash."""
        return self.peer_url.rstrip("/") or self.url

    @property
    def path_prefix(self) -> str:
        """The path of the public URL, such as /lab, without a trailing slash; "" at the root of its host."""
        return urlsplit(self.public_url).path

    @property
    def is_shared(self) -> bool:
        """Whether others reach the server: at its own address, or at the URL of a proxy."""
        return self.host not in LOOPBACK or bool(self.public_url)

    @property
    def workspaces(self) -> Path:
        """Root of the notebook files: one folder per workspace id."""
        return self.data / "workspaces"

    @property
    def url(self) -> str:
        """URL at which browsers and kernels on this machine reach the server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def names() -> list[str]:
    return [f.name for f in fields(Settings)]


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"HANDLOOM_{name.upper()}"


def parse(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Parse settings. Flags take precedence over HANDLOOM_* variables. Raises Invalid, naming the invalid one."""
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        if flags.get(setting.name) is not None:
            values[setting.name] = read(setting.name, str(flags[setting.name]), f"--{setting.name.replace('_', '-')}")
        elif (text := environ.get(variable(setting.name))) is not None:
            values[setting.name] = read(setting.name, text, variable(setting.name))
    values["data"] = Path(values.get("data", Settings().data)).expanduser().absolute()
    if values.get("database", "").partition("://")[0] not in _DATABASES:
        raise Invalid(
            "--database (HANDLOOM_DATABASE) must be the URL of a PostgreSQL database, such as "
            "postgresql://USER@HOST/NAME. Leave it out for SQLite in the data folder."
        )
    if values.get("public_url"):
        values["public_url"] = _public_url(values["public_url"])
    settings = Settings(**values)
    networks(settings.webhook_networks)
    networks(settings.trusted_proxies, "trusted-proxies")
    if settings.sign_in_header and not settings.trusted_proxies:
        raise Invalid(
            "--sign-in-header (HANDLOOM_SIGN_IN_HEADER) needs --trusted-proxies: anyone could send this header."
        )
    if settings.sign_in_header and not settings.proxy_secret_file:
        raise Invalid(
            "--sign-in-header (HANDLOOM_SIGN_IN_HEADER) needs --proxy-secret-file: code in a notebook could send this "
            "header from the proxy's address."
        )
    _check_oidc(settings)
    if not settings.auth and settings.host not in LOOPBACK:
        raise Invalid(
            f"--no-auth is for loopback addresses only: anyone who can reach {settings.host} would have access. "
            "Leave out --no-auth or --host."
        )
    return settings


def _check_oidc(settings: Settings) -> None:
    """Raise Invalid unless the settings of OpenID Connect are complete and its provider is reached by TLS."""
    if not settings.oidc_issuer:
        return
    if not settings.oidc_client_id:
        raise Invalid("--oidc-issuer needs --oidc-client-id (HANDLOOM_OIDC_CLIENT_ID), the id of this server there.")
    if settings.oidc_client_secret and settings.oidc_client_secret_file:
        raise Invalid("Set either HANDLOOM_OIDC_CLIENT_SECRET or --oidc-client-secret-file, not both.")
    if "openid" not in settings.oidc_scopes:
        raise Invalid("--oidc-scopes (HANDLOOM_OIDC_SCOPES) must contain openid.")
    if not is_secure(settings.oidc_issuer):
        raise Invalid(
            "--oidc-issuer (HANDLOOM_OIDC_ISSUER) must be an https URL; http is accepted on loopback addresses only."
        )


def is_secure(url: str) -> bool:
    """Whether a URL is https, or http on a loopback address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


def _public_url(url: str) -> str:
    """Return the public URL without slashes at its end. Raises Invalid, naming what is wrong with it."""
    named = "--public-url (HANDLOOM_PUBLIC_URL)"
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        has_host = False
    if not has_host or parts.scheme not in ("http", "https"):
        raise Invalid(f"{named} must be a URL such as https://lab.example.com or https://example.com/lab.")
    if parts.query or parts.fragment or "@" in parts.netloc or url.endswith(("?", "#")):
        raise Invalid(f"{named} must have no user, query or fragment: https://example.com/lab, for instance.")
    path = parts.path.rstrip("/")
    segments = path.split("/")[1:]
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        raise Invalid(
            f"{named} has the path “{parts.path}”. Each part between slashes must have letters of a to z, digits or "
            "“-”, “.”, “_”, “~”, such as /lab or /tools/lab."
        )
    if segments and segments[0] in OWN_PATHS:
        raise Invalid(
            f"{named} must not have a path that begins with /{segments[0]}: Handloom has addresses of its own there. "
            f"Choose another, such as /handloom or /lab/{segments[0]}."
        )
    return f"{parts.scheme}://{parts.netloc}{path}"


def read(name: str, text: str, source: str) -> Any:
    """Parse the text of a setting. Raises Invalid, naming `source`."""
    default = getattr(Settings(), name)
    if isinstance(default, bool):
        if text.lower() not in ("1", "0", "true", "false", "yes", "no", "on", "off"):
            raise Invalid(f"{source} is “{text}”; it must be true or false.")
        return text.lower() in ("1", "true", "yes", "on")
    if isinstance(default, int):
        highest = 65_535 if name == "port" else 2**53
        if not text.isdecimal() or int(text) > highest:
            raise Invalid(f"{source} is “{text}”; it must be a whole number from 0 to {highest}.")
        return int(text)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if not text.strip():
        raise Invalid(f"{source} is empty.")
    if name in _CHOICES and text not in _CHOICES[name]:
        raise Invalid(f"{source} is “{text}”; it must be one of {', '.join(_CHOICES[name])}.")
    return Path(text) if isinstance(default, Path) else text
