"""`import delta`: Delta tables without the JVM package."""

from handloom.session.delta_tables import DeltaTable, configure_spark_with_delta_pip

__all__ = ["DeltaTable", "configure_spark_with_delta_pip"]
