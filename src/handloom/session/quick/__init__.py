"""The quick engine (Sail): what stands between it and the answers of Apache Spark."""
