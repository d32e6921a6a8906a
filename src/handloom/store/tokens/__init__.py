"""Tokens, as digests."""
