"""Datasets that runs read."""
