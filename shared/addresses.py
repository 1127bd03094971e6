"""A mail address by a key that tells nobody the address itself."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress

#: Hexadecimal digits: 128 bits, so that no two addresses ever share a key.
KEY_LENGTH = 32
#: What fits between the brackets of a path (RFC 5321, 4.5.3.1.3). A row's text may be
#: a thousand times as long, and names of other alphabets are slow to translate.
MAX_LENGTH = 254

#: Neither several addresses, nor a name, a comment or a quotation beside one: all but
#: a plain address could be written in many ways, and each has another key.
_PLAIN = re.compile(
    r"""[^\s@,;:<>()\[\]"\\]+@[^\s@,;:<>()\[\]"\\]*[^\s@,;:<>()\[\]"\\.]"""
)


def one_address(text: str | None) -> str | None:
    """Return the one plain mail address that a stranger's text is, None for any other.

    What else is wrong with it Mailgun says.
    """
    address = (text or "").strip()
    if len(address) > MAX_LENGTH:
        return None
    plain = address.isprintable() and _PLAIN.fullmatch(address)
    return address if plain else None


def key_of(address: str) -> str:
    """Return the address's key, the same however it is written in capitals.

    And whether its domain is written in letters of any language or as DNS has it.
    """
    written = "".join(address.split()).lower()
    if not written.isascii():
        local, _, domain = written.rpartition("@")
        with suppress(UnicodeError):
            written = f"{local}@{domain.encode('idna').decode()}"
    return hashlib.sha256(written.encode()).hexdigest()[:KEY_LENGTH]
