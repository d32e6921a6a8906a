"""Read the traces of MLflow stores: databases, running servers and folders."""
