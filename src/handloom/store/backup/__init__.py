"""Backups of a data folder: written while the server runs, checked, and restored."""
