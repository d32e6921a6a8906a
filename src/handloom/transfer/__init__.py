"""Moving experiments, runs, models and notebooks into a workspace and out to an archive."""
