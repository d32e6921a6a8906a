"""Runs: rows, search, lists and the document cache."""
