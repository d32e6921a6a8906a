"""Apache Spark in a session: the shared server of this machine, or a remote Spark Connect server."""
