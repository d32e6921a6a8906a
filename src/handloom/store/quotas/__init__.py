"""Quotas of workspaces, and what they use of them."""
