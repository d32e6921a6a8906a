"""What things are: frozen Structs and pure rules. No I/O; standard library and msgspec only."""
