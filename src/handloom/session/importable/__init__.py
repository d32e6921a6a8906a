"""Packages with Fabric's names for notebooks to import. A session adds this folder to sys.path."""
