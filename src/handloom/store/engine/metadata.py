"""Shared by all tables: names of constraints, the type of internal keys, and the collation of texts.

`store.tables` collects the tables.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Text
from sqlalchemy.ext.compiler import compiles

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite auto-increments only INTEGER keys; on PostgreSQL 2^31 may be too few.
Number = BigInteger().with_variant(Integer, "sqlite")


@compiles(String, "postgresql")
@compiles(Text, "postgresql")
def _ordered_by_bytes(kind: String, compiler: Any, **options: Any) -> str:
    """Set the collation of a text column to byte order, as in SQLite and MLflow, for every language."""
    written: str = compiler.visit_text(kind, **options) if isinstance(kind, Text) else compiler.visit_string(kind)
    return f'{written} COLLATE "C"' if isinstance(options.get("type_expression"), Column) else written
