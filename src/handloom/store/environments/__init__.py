"""Environments: named lists of packages that sessions of a workspace start with."""
