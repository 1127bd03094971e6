"""A mail address by a key that tells nobody the address itself."""

from __future__ import annotations

import hashlib

#: Hexadecimal digits: 128 bits, so that no two addresses ever share a key.
KEY_LENGTH = 32


def key_of(address: str) -> str:
    """Return the address's key, the same however it is written in capitals."""
    written = "".join(address.split()).lower()
    return hashlib.sha256(written.encode()).hexdigest()[:KEY_LENGTH]
