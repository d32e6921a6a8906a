"""Rules for notices about runs, and the notices."""
