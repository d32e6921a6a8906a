"""Apache Spark in a session: the shared server of this machine, or a Spark Connect address."""
