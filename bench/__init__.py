"""Measurements of the running system; each folder answers one question."""
