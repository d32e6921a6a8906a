"""Configure logging to standard error. The log contains events, but no contents of requests and no tokens."""

import logging
import sys

from handloom.domain.masking import mask_credentials


class MaskingFormatter(logging.Formatter):
    """Mask credentials in messages and tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_credentials(super().format(record))


def configure() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("httpx", "httpcore", "uvicorn.error", "websockets", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
