"""Capacities that admins define on the page."""
