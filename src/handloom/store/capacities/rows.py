"""Create, read, change and remove capacities. `fixed` are those of the capacities file, which only the file changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from handloom.domain import clock
from handloom.domain.capacities import BUILT_IN, THIS_MACHINE, Capacity, check, find
from handloom.domain.errors import AlreadyExists, Conflict
from handloom.domain.names import clean_name
from handloom.store.capacities.tables import capacities
from handloom.store.engine.database import Read, Write
from handloom.store.notebooks.tables import notebooks
from handloom.store.workspaces.tables import workspaces

Fixed = Mapping[str, Capacity]


def _capacity(row: Row[Any]) -> Capacity:
    values = {name: getattr(row, name) for name in Capacity.__struct_fields__ if name != "source"}
    return Capacity(**values, source="built-in" if row.id == THIS_MACHINE else "page")


def list_all(tx: Read, fixed: Fixed) -> dict[str, Capacity]:
    """Return every capacity by its id: the built-in one, those of the file, those of the page by name."""
    rows = {row.id: _capacity(row) for row in tx.connection.execute(select(capacities))}
    mine = sorted(rows.values(), key=lambda one: (one.name.casefold(), one.name))
    return {THIS_MACHINE: BUILT_IN} | {one.id: one for one in mine} | dict(fixed)


def chosen(tx: Read, fixed: Fixed, capacity: str) -> Capacity:
    return find(capacity, list_all(tx, fixed))


def named(tx: Read, fixed: Fixed, name: str) -> str:
    """Return the id of the capacity that a document names; empty if there is none."""
    return next((one.id for one in list_all(tx, fixed).values() if name and document_name(one) == name), "")


def document_name(capacity: Capacity) -> str:
    """Return the name that documents give to a capacity. Ids of those of the page mean nothing elsewhere."""
    return capacity.name if capacity.source == "page" else capacity.id


def of_notebook(tx: Read, fixed: Fixed, workspace: str, name: str) -> Capacity:
    """Return the capacity of the sessions of the notebook with this name: its own, or its workspace's."""
    c = workspaces.c
    named = (notebooks.c.workspace_id == c.id) & (notebooks.c.name == name)
    both = select(c.capacity, notebooks.c.capacity.label("own")).select_from(workspaces.outerjoin(notebooks, named))
    row = tx.connection.execute(both.where(c.id == workspace)).first()
    return chosen(tx, fixed, (row.own or row.capacity) if row is not None else THIS_MACHINE)


def users_of(tx: Read) -> tuple[Counter[str], Counter[str]]:
    """Count the workspaces and the notebooks of each capacity, by its id; without those in the bin."""
    in_workspaces = select(workspaces.c.capacity, func.count().label("number")).where(workspaces.c.removed_at.is_(None))
    in_notebooks = select(notebooks.c.capacity, func.count().label("number")).where(
        notebooks.c.deleted_at.is_(None), notebooks.c.capacity != ""
    )
    return (
        _counted(tx, in_workspaces.group_by(workspaces.c.capacity)),
        _counted(tx, in_notebooks.group_by(notebooks.c.capacity)),
    )


def _counted(tx: Read, query: Select[Any]) -> Counter[str]:
    return Counter({row.capacity: row.number for row in tx.connection.execute(query)})


def create(tx: Write, fixed: Fixed, wanted: Capacity) -> Capacity:
    """Create a capacity under a new id. Raises Invalid or AlreadyExists."""
    made = check(msgspec.structs.replace(wanted, id=uuid4().hex[:12], source="page"))
    return _write(tx, fixed, msgspec.structs.replace(made, name=clean_name(made.name, what="capacity name")))


def change(tx: Write, fixed: Fixed, capacity: str, **values: Any) -> Capacity:
    """Change the given fields; None leaves one as it is. Sessions that run keep the limits that they started with."""
    old = chosen(tx, fixed, capacity)
    _refuse_fixed(old)
    given = {name: value for name, value in values.items() if value is not None}
    if "name" in given:
        given["name"] = clean_name(given["name"], what="capacity name")
    return _write(tx, fixed, check(msgspec.structs.replace(old, **given)))


def remove(tx: Write, fixed: Fixed, capacity: str) -> Capacity:
    """Remove a capacity. Its workspaces get the built-in one, and its notebooks the one of their workspace."""
    old = chosen(tx, fixed, capacity)
    _refuse_fixed(old)
    if old.id == THIS_MACHINE:
        raise Conflict(f"“{old.name}” cannot be removed: workspaces have it unless they choose another capacity.")
    tx.connection.execute(delete(capacities).where(capacities.c.id == capacity))
    for moved in (
        tx.connection.execute(select(workspaces.c.id).where(workspaces.c.capacity == capacity)).scalars().all()
    ):
        tx.changed("workspaces", moved, moved)
    tx.connection.execute(update(workspaces).where(workspaces.c.capacity == capacity).values(capacity=THIS_MACHINE))
    mine = select(notebooks.c.workspace_id, notebooks.c.id).where(notebooks.c.capacity == capacity)
    for workspace, notebook in tx.connection.execute(mine).all():
        tx.changed("notebooks", workspace, notebook)
    tx.connection.execute(update(notebooks).where(notebooks.c.capacity == capacity).values(capacity=""))
    return old


def _refuse_fixed(capacity: Capacity) -> None:
    if capacity.source == "file":
        raise Conflict(f"“{capacity.name}” is defined in the capacities file. Change it there and restart the server.")


def _write(tx: Write, fixed: Fixed, capacity: Capacity) -> Capacity:
    taken = {one.name.casefold() for one in list_all(tx, fixed).values() if one.id != capacity.id}
    if capacity.name.casefold() in taken:
        raise _taken(capacity.name)
    values = {name: getattr(capacity, name) for name in Capacity.__struct_fields__ if name not in ("id", "source")}
    values["modified_at"] = clock.now()
    try:
        changed = tx.connection.execute(update(capacities).where(capacities.c.id == capacity.id).values(values))
        if not changed.rowcount:
            new = {"id": capacity.id, "created_at": values["modified_at"]}
            tx.connection.execute(insert(capacities).values(values | new))
    except IntegrityError as error:
        raise _taken(capacity.name) from error
    tx.changed("capacities", "", capacity.id)
    return capacity


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(f"A capacity named “{name}” exists already. Choose another name.", field="name").because(
        "name_taken", name=name
    )
