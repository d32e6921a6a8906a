"""`handloom export`: writes a workspace to an archive that `handloom import` reads."""

from pathlib import Path

from handloom import console
from handloom.commands import local_server
from handloom.settings import Settings
from handloom.transfer.exporter import Exporter
from handloom.transfer.target import Target


def export_from(settings: Settings, workspace: str, file: Path) -> int:
    """Export the workspace of this name or id, and return the exit code."""
    with local_server.connect(settings) as client:
        target = Target(client)
        target.open(workspace)
        for line in Exporter(target, workspace, file).run():
            console.line(line)
    return 0
