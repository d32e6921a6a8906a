"""Writes a notebook as an HTML file, in a process of its own with limits, since its content may be made to harm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from handloom.domain.errors import Invalid, NotFound, Unavailable

MODULE = "handloom.store.notebooks.html.page"
SECONDS = 60
MAX_FILE = 200_000_000
"""Bytes of a notebook's file."""

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; style-src 'unsafe-inline' data:; "
    "img-src data: blob:; font-src data:; connect-src data:; media-src data: blob:; worker-src blob:; "
    "frame-src data: blob:; form-action 'none'; base-uri 'none'"
)
"""Of each page, wherever it is opened: nothing is loaded from elsewhere."""
PRINT_POLICY = f"sandbox allow-scripts allow-modals; {POLICY}; frame-ancestors 'none'"
"""For a page that is shown to be printed: it has an origin of its own, without cookies, and cannot send requests."""
_PRINT = b"""<script>
addEventListener("load", () => Promise.resolve(window.drawn).finally(() => setTimeout(print, 500)));
</script>
</body>
</html>
"""
_END = b"</body>\n</html>\n"


def written(name: str, file: Path, *, printed: bool = False, language: str = "en") -> bytes:
    """Return the page with notes in `language`; `printed` opens the print dialog once its outputs are drawn.

    Raises NotFound and Invalid for a missing or broken file, Unavailable if it takes too long.
    """
    if file.is_symlink() or not file.is_file():  # a link may lead to what only the server may read
        raise NotFound("The notebook's file no longer exists.")
    if file.stat().st_size > MAX_FILE:
        raise Invalid("The notebook is too large for an HTML file. Clear its largest outputs first.")
    command = [sys.executable, "-P", "-m", MODULE, name, language]
    try:
        with file.open("rb") as content:
            done = subprocess.run(command, stdin=content, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(
            "The HTML file was not written in time. Clear the notebook's largest outputs first."
        ) from error
    if done.returncode == 0:
        return done.stdout.removesuffix(_END) + _PRINT if printed else done.stdout
    if done.returncode < 0:
        raise Unavailable("Writing the HTML file was ended by the system; the machine may be short of memory.")
    raise Invalid("The notebook's file cannot be read. Open the notebook to mend it.")
