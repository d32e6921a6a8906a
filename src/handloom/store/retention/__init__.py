"""Rules that delete old runs, and carrying them out."""
