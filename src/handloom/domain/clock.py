"""The current time as stored everywhere: whole milliseconds since 1970-01-01 UTC."""

import time


def now() -> int:
    return time.time_ns() // 1_000_000
