"""The Jupyter child process, its kernels and the sessions on them. Nothing is stored here."""
