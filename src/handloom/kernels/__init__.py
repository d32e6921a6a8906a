"""What is live: the Jupyter server child, its kernels and the sessions. Nothing is persisted here."""
