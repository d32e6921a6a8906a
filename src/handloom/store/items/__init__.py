"""Items of all kinds in one list."""
