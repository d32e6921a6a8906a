"""Parse the options of pip that %pip supports. Other options are refused by name rather than ignored."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

KEPT = 3
"""Exit code of a refused install if the session has the package in another version."""
CONDA = (
    "conda is not available in a session. Use %pip install NAME; "
    "for a package that only conda has, run the server itself in a conda environment that has it."
)
COMMANDS = ("install", "uninstall", "list", "freeze", "show", "check")
_TO_INDEX = {
    "-i": "--default-index",
    "--index-url": "--default-index",
    "--default-index": "--default-index",
    "--extra-index-url": "--index",
    "--index": "--index",
    "-f": "--find-links",
    "--find-links": "--find-links",
}
_TO_UV = {
    "--trusted-host": "--allow-insecure-host",
    "--allow-insecure-host": "--allow-insecure-host",
    "--no-binary": "--no-binary",
    "--only-binary": "--only-binary",
    "--config-settings": "--config-setting",
    "--prerelease": "--prerelease",
    "--exclude-newer": "--exclude-newer",
    "--torch-backend": "--torch-backend",
    "--index-strategy": "--index-strategy",
}
_FLAGS_TO_UV = {
    "--no-index": ["--no-index"],
    "--pre": ["--prerelease", "allow"],
    "--no-build-isolation": ["--no-build-isolation"],
    "--no-cache-dir": ["--no-cache"],
    "--no-cache": ["--no-cache"],
    "--offline": ["--offline"],
}
_NOTHING = frozenset(
    {
        "-q", "-qq", "-qqq", "--quiet", "-v", "-vv", "-vvv", "--verbose", "-y", "--yes", "--user", "--no-input",
        "--disable-pip-version-check", "--no-warn-script-location", "--no-warn-conflicts", "--break-system-packages",
        "--use-pep517", "--prefer-binary", "--no-color", "--compile", "--no-compile", "--isolated", "--no-clean",
        "--no-python-version-warning", "--compile-bytecode", "--no-progress",
    }
)  # fmt: skip
"""Options that are accepted without effect: they are always on here, or only change the output."""
_NOTHING_WITH_VALUE = frozenset(
    {"--progress-bar", "--timeout", "--default-timeout", "--retries", "--root-user-action", "--upgrade-strategy",
     "--log", "--exists-action", "--cache-dir", "--link-mode"}
)  # fmt: skip
_ELSEWHERE = frozenset({"-t", "--target", "--prefix", "--root", "-d", "--src", "--python", "-p"})


class UsageError(Exception):
    """The command is invalid; the message says what to do."""


@dataclass(slots=True)
class Options:
    command: str
    words: list[str] = field(default_factory=list)
    """The command's arguments without --no-spark."""
    requirements: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    index: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    upgrade: bool = False
    reinstall: bool = False
    dependencies: bool = True
    no_spark: bool = False
    local: bool = False
    format: str = ""


def parse(arguments: list[str]) -> Options:
    """Parse the arguments of %pip. Raises UsageError for an unsupported one."""
    words = list(arguments)
    if "-V" in words or "--version" in words:
        return Options("version")
    while words and words[0] in _NOTHING:
        words.pop(0)
    if not words or words[0] not in COMMANDS:
        what = f"pip {words[0]}" if words and words[0] not in ("-h", "--help", "help") else "This"
        raise UsageError(
            f"{what} is not available in a session: it has %pip {', '.join(COMMANDS)}.\n"
            "%pip install NAME adds a package to this session; --no-spark turns Spark off for packages that conflict "
            "with it."
        )
    options = Options(words.pop(0))
    options.words = [word for word in words if word != "--no-spark"]
    rest = _split(words)
    while rest:
        _take(options, rest)
    if options.command in ("install", "uninstall", "show") and not (options.requirements or options.files):
        raise UsageError(f"%pip {options.command} needs the name of a package.")
    return options


def _split(words: list[str]) -> list[str]:
    """Split `--name=value` and `-rfile` into two arguments."""
    found = []
    for word in words:
        if word.startswith("--") and "=" in word:
            found += list(word.partition("=")[::2])
        elif re.match(r"-[rcfie][^-]", word):
            found += [word[:2], word[2:].lstrip("=")]
        else:
            found.append(word)
    return found


def _take(options: Options, rest: list[str]) -> None:
    word = rest.pop(0)
    if not word.startswith("-"):
        options.requirements.append(_located(word))
    elif word in ("-r", "--requirement", "--requirements"):
        options.files.append(_value(word, rest))
    elif word in ("-c", "--constraint", "--constraints"):
        options.constraints.append(_value(word, rest))
    elif word in ("-e", "--editable"):
        options.requirements.append(f"-e {_located(_value(word, rest))}")
    elif word in _TO_INDEX:
        options.index += [_TO_INDEX[word], _value(word, rest)]
        if word == "--extra-index-url":
            options.index += [] if "--index-strategy" in options.index else ["--index-strategy", "unsafe-best-match"]
    elif word in _TO_UV:
        options.more += [_TO_UV[word], _value(word, rest)]
    elif word in _FLAGS_TO_UV:
        options.more += _FLAGS_TO_UV[word]
    elif word in _NOTHING_WITH_VALUE:
        _value(word, rest)
    elif word not in _NOTHING and not _toggle(options, word, rest):
        where = " Packages go into this session; leave it out." if word in _ELSEWHERE else " Leave it out."
        raise UsageError(f"%pip {options.command} {word} is not available in a session.{where}")


def _toggle(options: Options, word: str, rest: list[str]) -> bool:
    """Apply an option without value. Returns False for an unknown one."""
    if word in ("-U", "--upgrade"):
        options.upgrade = True
    elif word in ("--force-reinstall", "-I", "--ignore-installed", "--reinstall"):
        options.reinstall = True
    elif word == "--no-deps":
        options.dependencies = False
    elif word == "--no-spark":
        options.no_spark = True
    elif word in ("-l", "--local") and options.command in ("list", "freeze"):
        options.local = True
    elif word == "--format" and options.command == "list":
        options.format = _value(word, rest)
        if options.format not in ("columns", "freeze", "json"):
            raise UsageError("--format must be columns, freeze or json.")
    else:
        return False
    return True


def _value(word: str, rest: list[str]) -> str:
    if not rest:
        raise UsageError(f"{word} needs a value.")
    return rest.pop(0)


def _located(word: str) -> str:
    """Return the absolute path of a file or folder, because uv runs in another folder."""
    path = Path(word.partition("[")[0]).expanduser()
    is_path = word.startswith((".", "/", "~")) or word.endswith((".whl", ".tar.gz", ".zip"))
    if "://" in word or not (is_path or ("/" in word and path.exists())):
        return word
    if not path.exists():
        raise UsageError(f"{word} does not exist.")
    extras = word.partition("[")[2]
    return f"file://{quote(str(path.resolve()))}" if not extras else f"{path.resolve()}[{extras}"
