"""Comments on runs and notebooks, and who is told of them."""
