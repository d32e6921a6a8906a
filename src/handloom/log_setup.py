"""Configures the log, on standard error. It holds times, levels and events; no contents of requests and no tokens."""

import logging
import sys


def configure() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("httpx", "httpcore", "uvicorn.error", "websockets", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
