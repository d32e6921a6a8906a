"""Import experiments, runs, models and notebooks into a workspace, and export them to an archive."""
