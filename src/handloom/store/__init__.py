"""What is kept: the only SQL and the only file writes. Plain synchronous functions per noun."""
