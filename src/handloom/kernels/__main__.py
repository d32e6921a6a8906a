"""Entry of the Jupyter child process; see `child`."""

from handloom.startup import leave_out_unused

leave_out_unused()

from handloom.kernels.child import main  # noqa: E402 - after the line above, which speeds it up

main()
