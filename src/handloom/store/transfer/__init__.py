"""Records that move in from elsewhere and out to an archive."""
