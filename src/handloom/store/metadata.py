"""What all tables share: how their constraints are named, the type of internal keys. `store.schema` gathers them."""

from sqlalchemy import BigInteger, Integer, MetaData

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
