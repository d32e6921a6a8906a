"""Handloom's own API under /api/v1: one route table per noun."""
