"""The commands of `handloom`, one module each, as plain functions that take settings and arguments."""
