"""A password in the form in which RabbitMQ keeps it."""

from __future__ import annotations

import base64
import hashlib
import secrets


def password_hash(password: str, salt: bytes | None = None) -> str:
    """Return salt and salted SHA-256 in base64, as definitions carry it.

    Source: RabbitMQ's documentation of passwords, "Computing a password hash".
    """
    salt = secrets.token_bytes(4) if salt is None else salt
    digest = hashlib.sha256(salt + password.encode()).digest()
    return base64.b64encode(salt + digest).decode()
