"""Which cells ran in this kernel, what they use and change, and which of them are stale."""
