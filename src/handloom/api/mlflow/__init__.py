"""MLflow's REST API, compatible byte for byte. Whatever is peculiar to MLflow's protocol is handled in this package."""
