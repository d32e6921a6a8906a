"""Runs: rows, search, lists, the document cache and sort indexes.

Importing the package, its tables included, registers the cache and the indexes, which every commit then keeps right.
"""

from handloom.store.engine.database import before_commit
from handloom.store.runs import document_cache, sort_indexes

before_commit(document_cache.invalidate)
before_commit(sort_indexes.maintain)
