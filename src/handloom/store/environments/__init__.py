"""Environments: what packages the sessions of a workspace get."""
