"""The HTTP APIs: parse a request, call `store` or `kernels`, shape the reply."""
