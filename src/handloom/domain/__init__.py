"""Domain: frozen Structs and pure rules, without I/O. Uses the standard library and msgspec only."""
