"""`import delta`: Delta tables without the JVM package."""

from handloom.session.delta_tables import DeltaTable

__all__ = ["DeltaTable"]
