"""Artifact files: their rows, and the folder or object store that holds them."""
