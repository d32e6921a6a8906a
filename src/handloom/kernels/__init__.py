"""What is live: the Jupyter child, its kernels, and the sessions that people work in. Nothing is kept here."""
