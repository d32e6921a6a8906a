"""What Alembic runs to apply versions: on the connection that `store.engine.migrate` opened, in one transaction."""

from alembic import context

from handloom.store.engine.metadata import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
