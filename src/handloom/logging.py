"""One log, on standard error: times, levels and what happened. No request's contents, no tokens."""

import logging
import sys


def configure() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("httpx", "httpcore", "uvicorn.error", "websockets", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
