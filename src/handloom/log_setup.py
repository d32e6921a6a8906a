"""Configure logging, as text or JSON. The log contains events, but no contents of requests and no tokens."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from typing import Any

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.masking import mask_credentials

REQUEST: ContextVar[str] = ContextVar("request", default="")
"""Id of the request that this code handles, where the access log is on."""

FIELDS = "fields"
"""Attribute of a record with further values by name, of which a line of JSON has one field each."""

FILE_BYTES = 20_000_000
FILES = 5


class MaskingFormatter(logging.Formatter):
    """Mask credentials in messages and tracebacks, and append the id of the request."""

    def format(self, record: logging.LogRecord) -> str:
        request = REQUEST.get()
        text = super().format(record)
        return mask_credentials(f"{text} [request {request}]" if request else text)


class JsonFormatter(logging.Formatter):
    """Format a record as one line of JSON, with credentials masked in every text."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": mask_credentials(record.getMessage()),
        }
        if request := REQUEST.get():
            line["request"] = request
        for name, value in getattr(record, FIELDS, {}).items():
            line[name] = mask_credentials(value) if isinstance(value, str) else value
        if record.exc_info:
            line["traceback"] = mask_credentials(self.formatException(record.exc_info))
        return msgspec.json.encode(line).decode()


def configure(format: str = "text", file: str = "") -> None:
    """Log to standard error, or to a file that is rotated. Raises Invalid if the file cannot be opened."""
    formatter: logging.Formatter = JsonFormatter()
    if format == "text":
        formatter = MaskingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
    handler = _file(file) if file else logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("httpx", "httpcore", "uvicorn.error", "websockets", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _file(path: str) -> logging.Handler:
    try:
        return RotatingFileHandler(path, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8")
    except OSError as error:
        raise Invalid(f"--log-file {path} cannot be written ({error.strerror}).") from error
