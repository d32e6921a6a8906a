"""Code that runs inside the user's kernel: `spark`, `display`, `mlflow`. Imports no other package of Handloom."""
