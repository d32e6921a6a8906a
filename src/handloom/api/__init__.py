"""How Handloom is reached: parse, call, shape."""
