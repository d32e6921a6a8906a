"""Metric points, their summaries and samples."""
