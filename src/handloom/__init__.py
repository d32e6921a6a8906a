"""Handloom: the data science workspace you run yourself."""

__version__ = "0.1.0"
