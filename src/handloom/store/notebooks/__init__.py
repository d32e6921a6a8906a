"""Notebooks: rows and .ipynb files."""
