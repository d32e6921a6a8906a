"""Packages that notebooks import by Fabric's names. A session adds this folder to its path."""
