"""Entry of the Jupyter child process; see `child`."""

from handloom.startup import importing, leave_out_unused

leave_out_unused()
with importing():
    from handloom.kernels.child import main

main()
