"""Handloom's own API under /api/v1, which the UI and the command line use: one route table per noun."""
