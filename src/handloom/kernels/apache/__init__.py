"""Apache Spark on this machine: its packages, its Java and its servers."""
