"""Servers that run on this database, and the sessions that each of them holds."""
