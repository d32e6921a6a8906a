"""Reads of files: which files a path means, and their columns, types and values as Apache Spark gives them."""
