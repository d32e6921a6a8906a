"""Entry point of the quick engine's process: prints a JSON line with its port and ends when standard input closes."""

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
    os.dup2(2, 1)  # the kernel reads only the first line of the pipe, which the output of UDFs would fill
    while os.read(0, 4096):  # standard input closes when the kernel ends for any reason
        pass
    os._exit(0)  # stop() would wait for running queries


if __name__ == "__main__":
    main()
