"""What all tables share: how their constraints are named, the type of internal keys, how texts are ordered.

`store.tables` gathers them.
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

# SQLite only counts up by itself on INTEGER keys; PostgreSQL should not run out at 2^31.
Number = BigInteger().with_variant(Integer, "sqlite")


@compiles(String, "postgresql")
@compiles(Text, "postgresql")
def _ordered_by_bytes(kind: String, compiler: Any, **options: Any) -> str:
    """In the column of a table: texts are ordered by their bytes, as SQLite and MLflow order them, in any language."""
    written: str = compiler.visit_text(kind, **options) if isinstance(kind, Text) else compiler.visit_string(kind)
    return f'{written} COLLATE "C"' if isinstance(options.get("type_expression"), Column) else written
