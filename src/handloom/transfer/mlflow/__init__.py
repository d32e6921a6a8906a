"""MLflow as a source: running servers, their databases, and the folders of its file store."""
