"""Which secrets a fresh installation makes for itself, and in which form."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping

#: Bytes of randomness in each; the forms are those of the services that issue them.
RANDOM_BYTES = 32


def _webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(RANDOM_BYTES)).decode()


def _prefixed(prefix: str) -> Callable[[], str]:
    return lambda: prefix + secrets.token_hex(RANDOM_BYTES)


MAKERS: Mapping[str, Callable[[], str]] = {
    "WEBHOOK_SECRET": _webhook_secret,
    "SUPABASE_SERVICE_ROLE_KEY": _prefixed("sb_secret_"),
    "VITE_SUPABASE_ANON_KEY": _prefixed("sb_publishable_"),
    "MAILGUN_API_KEY": _prefixed("key-"),
    "MAILGUN_WEBHOOK_SIGNING_KEY": _prefixed(""),
    "UNSUBSCRIBE_SECRET": _prefixed(""),
    "RABBITMQ_PASSWORD": _prefixed(""),
}


def missing(known: Mapping[str, str]) -> dict[str, str]:
    """Return a new value for each secret that `known` has not, or has empty."""
    return {name: make() for name, make in MAKERS.items() if not known.get(name)}
