"""The Spark engine as a child of the kernel: prints one JSON line with its port, and ends with its standard input."""

from __future__ import annotations

import json
import os
import signal


def main() -> None:
    os.environ.setdefault("RUST_LOG", "error")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    print(json.dumps({"port": server.listening_address[1]}), flush=True)
    os.dup2(2, 1)  # a UDF that prints must not fill the pipe that nobody reads any more
    while os.read(0, 4096):  # its end means that the kernel has gone, however it went
        pass
    os._exit(0)  # stop() would wait for running queries


if __name__ == "__main__":
    main()
