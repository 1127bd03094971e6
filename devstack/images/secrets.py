"""What gives a secret away: in a file, in a variable, in a build's command."""

from __future__ import annotations

import re

#: Names of files that hold what is nobody's business.
FILES = re.compile(
    r"(?:^|/)(?:\.env(?:\..+)?|\.git|\.netrc|\.pgpass|\.pypirc|id_(?:rsa|ecdsa|ed25519)"
    r"|credentials\.json|\.docker/config\.json|\.aws/credentials)$"
)
_PUBLIC = re.compile(r"(?:^|/)lib/python3[\d.]*/")
_VARIABLE = re.compile(r"(?:SECRET|TOKEN|PASSWORD|PASSWD|_KEY)$")
_CONTENT = {
    "a private key": re.compile(
        rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}"
    ),
    "a webhook secret": re.compile(rb"whsec_[A-Za-z0-9+/=]{24,}"),
    "a Supabase secret key": re.compile(rb"sb_secret_[A-Za-z0-9_-]{20,}"),
    "a Mailgun key": re.compile(rb"\bkey-[0-9a-f]{32}\b"),
    "a registry's token": re.compile(rb"(?:_authToken ?= ?[\w-]{8}|\bnpm_\w{36})"),
    "a token": re.compile(rb"\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{20,}"),
    "an address with a password": re.compile(
        rb"\b(?:https?|amqps?|postgres(?:ql)?)://[\w.~-]+:(?!password@)[^\s:@/'\"{}$<>]{8,}@[\w.-]+"
    ),
}


def betrayed_by(content: bytes) -> str | None:
    """Return what kind of secret stands in a text; None where none does."""
    for what, pattern in _CONTENT.items():
        if pattern.search(content):
            return what
    return None


def betrayed_in(path: str, content: bytes) -> str | None:
    """Return what secret stands in a file of an image.

    Packages of others are what everybody can download; their examples are no secrets.
    """
    return None if _PUBLIC.search(path) else betrayed_by(content)


def is_secret(variable: str) -> bool:
    """Tell whether a variable of this name holds a secret (and not its file's path)."""
    return _VARIABLE.search(variable) is not None
