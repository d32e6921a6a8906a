"""What runs inside the user's kernel: `spark`, `display`, `mlflow`. Imports nothing of the floors above."""
