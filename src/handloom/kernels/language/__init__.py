"""Analysis of code that does not run, by a language server in a process of its own."""
