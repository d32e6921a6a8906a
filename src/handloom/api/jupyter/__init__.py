"""Authenticating reverse proxy for the Jupyter server: access rules, HTTP and kernel WebSockets."""
