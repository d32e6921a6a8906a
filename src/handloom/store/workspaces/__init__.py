"""Workspaces, their members and mounts."""
