"""Webhooks and their outbox."""
