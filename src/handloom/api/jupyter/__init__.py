"""The Jupyter server of this machine behind our authentication: which requests may pass, HTTP, and kernel sockets."""
