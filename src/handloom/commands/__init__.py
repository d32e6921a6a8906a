"""The commands of `handloom`, one module each: plain functions of settings and arguments."""
