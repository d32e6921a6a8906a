"""Entry of the Jupyter child process; see `child`."""

from handloom.kernels.child import main

main()
