"""The server's runs, metrics, params, tags and models as tables in a session."""
