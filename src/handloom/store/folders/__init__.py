"""Folders of a workspace's list of items."""
