"""How data is kept, whatever it is about: database, dialects, notifications, migrations, SQL helpers."""
