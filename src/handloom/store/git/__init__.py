"""Git for a workspace's files: where commits are pushed, and reading the files that are committed."""
