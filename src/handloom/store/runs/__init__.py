"""Runs: rows, search, lists and the document cache.

Importing the package, its tables included, registers the cache, which every commit then invalidates.
"""

from handloom.store.engine.database import before_commit
from handloom.store.runs import document_cache

before_commit(document_cache.invalidate)
