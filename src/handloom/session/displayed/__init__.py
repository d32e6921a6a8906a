"""Frames that `display` has shown: the page asks the kernel for their other rows, statistics and downloads."""
