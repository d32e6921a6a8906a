"""Tables of the lakehouse: their folders in a workspace, and the runs that used them."""
