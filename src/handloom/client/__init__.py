"""The HTTP client of the server's own API, for commands, transfers and tests."""
