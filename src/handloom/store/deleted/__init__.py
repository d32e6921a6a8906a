"""Deleted things that can still be restored, and deleting them for good."""
