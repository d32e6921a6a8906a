"""Credentials in addresses and headers are masked in messages, logs and the process list."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from handloom.cli import main
from handloom.domain.masking import mask_credentials
from handloom.log_setup import MaskingFormatter
from running import environment

PASSWORD = "hush@hu/sh:1"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://kim:hush@host/lab", "postgresql://kim:***@host/lab"),
        (
            f"cannot reach 'postgresql://kim:{PASSWORD}@host:5432/lab'.",
            "cannot reach 'postgresql://kim:***@host:5432/lab'.",
        ),
        ("https://:token@host/x", "https://:***@host/x"),
        ("host=h password=hush user=kim", "host=h password=*** user=kim"),
        ("s3://b/k?X-Amz-Signature=abc&x=1", "s3://b/k?X-Amz-Signature=***&x=1"),
        ("https://a.blob/x?sv=1&sig=abc%3D", "https://a.blob/x?sv=1&sig=***"),
        ("Authorization: Bearer abcdefgh1234", "Authorization: Bearer ***"),
        ("token hl_abcdefgh1234_-x was refused", "token hl_*** was refused"),
    ],
)
def test_secrets_are_masked_and_the_rest_stays_readable(text: str, masked: str) -> None:
    assert mask_credentials(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8484/models@champion",
        "models:/x@champion",
        "http://host:80",
        "at 10:30 kim@host wrote",
        "a bearer of news",
    ],
)
def test_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert mask_credentials(text) == text


def test_the_log_masks_messages_and_tracebacks() -> None:
    try:
        raise ValueError(f"postgresql://kim:{PASSWORD}@host/lab")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "%s", (f"p://u:{PASSWORD}@h",), sys.exc_info())
    text = MaskingFormatter("%(message)s").format(record)
    assert "hush" not in text
    assert "kim:***@host/lab" in text


@pytest.mark.parametrize(
    "source",
    [
        [f"postgresql://kim:{PASSWORD}@127.0.0.1:9/lab"],
        ["mlflow", f"postgresql://kim:{PASSWORD}@127.0.0.1:9/lab"],
        ["mlflow", f"http://kim:{PASSWORD}@127.0.0.1:9"],
        ["mlflow", f"nonsense://kim:{PASSWORD}@127.0.0.1:9"],
        ["mlflow", f"postgresql://kim:{PASSWORD}@127.0.0.1:port/lab"],
        ["mlflow", "x", f"postgresql://kim:{PASSWORD}@127.0.0.1:9/lab"],
        [f"--postgresql://kim:{PASSWORD}@127.0.0.1:9/lab"],
    ],
)
def test_no_message_of_an_import_says_the_password(
    source: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", *source, "--workspace", "x", "--data", str(tmp_path)]) != 0
    printed = capsys.readouterr()
    assert "hush" not in printed.err + printed.out


@pytest.mark.skipif(sys.platform != "linux", reason="reads the arguments of a process as Linux shows them")
def test_the_list_of_processes_does_not_show_a_password(tmp_path: Path) -> None:
    command = ["up", "--database", f"postgresql://kim:{PASSWORD}@127.0.0.1:9/lab", "--data", str(tmp_path / "data")]
    # The command waits for its standard input before it runs, so that its title can be read for certain.
    code = (
        "import sys; from handloom import cli; cli._mask_process_title(); print('ready', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        time.sleep(0.05)
        shown = " ".join(psutil.Process(process.pid).cmdline())
        process.stdin.close()
    assert "hush" not in shown
    assert "kim:***@127.0.0.1:9/lab" in shown
