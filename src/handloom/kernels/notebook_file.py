"""Writes outputs into a notebook's file through the contents manager, which keeps the notebook trusted."""

from __future__ import annotations

from typing import Any

import nbformat

from handloom.domain import clock
from handloom.domain.widget_states import WidgetStates, keep_states
from handloom.kernels.executions import Execution
from handloom.kernels.files import WorkspaceContents


async def write_outputs(
    files: WorkspaceContents, path: str, executions: list[Execution], widgets: WidgetStates
) -> None:
    """Replace the outputs of the executed cells and the states of the widgets that are shown, if there is such a file.
    Raises tornado's HTTPError where the file cannot be written."""
    latest = {execution.cell: execution for execution in executions}

    def change(content: Any) -> bool:
        changed = False
        for cell in content["cells"]:
            execution = latest.get(cell.get("id", ""))
            if execution is None or cell["cell_type"] != "code":
                continue
            cell["outputs"] = [nbformat.from_dict(output) for output in execution.saved_outputs()]  # type: ignore[no-untyped-call]
            cell["execution_count"] = execution.count
            cell["metadata"]["handloom"] = execution.metadata(clock.now())
            cell["metadata"]["trusted"] = True  # the outputs were made by this server's own kernel
            changed = True
        return keep_states(content, widgets.saved()) or changed

    await files.change_notebook(path, change)
