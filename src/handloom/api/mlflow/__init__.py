"""MLflow's REST contract, bit for bit. Its quirks live here and nowhere else."""
