"""Cutting a version: what has to agree, what is made, what would be pushed."""
