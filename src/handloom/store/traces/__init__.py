"""Traces and their spans."""
