"""`from delta.tables import DeltaTable`."""

from handloom.session.delta_tables import DeltaMergeBuilder, DeltaTable, DeltaTableBuilder

__all__ = ["DeltaMergeBuilder", "DeltaTable", "DeltaTableBuilder"]
