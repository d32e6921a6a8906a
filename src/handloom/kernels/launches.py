"""What a kernel's process is started with, from its workspace, its capacity and its environment."""

from __future__ import annotations

from pathlib import Path

from handloom.domain.capacities import Capacity, Limits
from handloom.kernels.box import of_workspace
from handloom.kernels.places import Launch


def launch_of(data: Path, workspace: str, capacity: Capacity, environment: Path | None, *, boxed: bool) -> Launch:
    """What a kernel of this workspace is started with. Without boxes, a waiting kernel may serve any workspace. `data`
    is the data folder, `environment` the layer of an environment."""
    layer = str(environment) if environment else ""
    limits, name = capacity.limits(), capacity.name
    if limits == Limits():
        name = ""  # nobody is told of its limits, so that one waiting kernel serves all such capacities
    if not boxed:
        return Launch(environment=layer, limits=limits, capacity=name)
    folder = data / "workspaces" / workspace
    folder.mkdir(parents=True, exist_ok=True)
    private = of_workspace(data, workspace).absolute()
    return Launch(
        workspace=str(folder.absolute()), environment=layer, private=str(private), limits=limits, capacity=name
    )
