"""Running it in production: the secrets, the broker's users, backups and updates.

Standard library and `shared.topology` only: the server has Docker and Python, no more.
"""
