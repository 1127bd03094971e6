"""Reads the webhooks' outbox in the database itself, and publishes what is in it."""
