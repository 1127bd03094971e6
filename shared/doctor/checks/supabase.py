"""Which key is it, is it taken, and how does the project sign its tokens?

Supabase's keys: `sb_secret_…` and `sb_publishable_…`, or the legacy JWTs, whose `role`
is service_role or anon and which the project's JWT secret signs (HS256). The key set at
`/auth/v1/.well-known/jwks.json` has the public keys of projects that sign their tokens
asymmetrically, and none where only that secret does.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from shared.doctor.checks.reached import document_of
from shared.doctor.findings import Finding, fault, ok, warning
from shared.doctor.probes.http import NoAnswer, Reply

GROUP = "Supabase"
ASYMMETRIC = frozenset({"ES256", "RS256"})
HOSTED = ".supabase.co"
_TAKE = (
    "Set SUPABASE_SERVICE_ROLE_KEY to a secret key, sb_secret_…: Supabase, Project"
    " settings, API keys."
)
_REACH = (
    "See SUPABASE_URL (https://PROJECT.supabase.co), and whether the project is paused."
)
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_HS256 = (
    "Set SUPABASE_JWT_SECRET of the gateway (Supabase, Project settings, JWT keys), or"
    " change the project to asymmetric signing keys."
)


Decide = Callable[[Reply], list[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A legacy key, taken apart; `signed` is what `signature` covers."""

    algorithm: str
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    def is_signed_with(self, secret: str) -> bool:
        """Tell whether HS256 with this secret made it."""
        made = hmac.digest(secret.encode(), self.signed, "sha256")
        return hmac.compare_digest(made, self.signature)


def token_of(key: str) -> Token | None:
    """Return the key as a JWT, None where it is none."""
    parts = key.split(".")
    if len(parts) != 3:
        return None
    try:
        header, claims, signature = (_unpadded(part) for part in parts)
        told, claimed = json.loads(header), json.loads(claims)
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not (isinstance(told, dict) and isinstance(claimed, dict)):
        return None
    return Token(
        algorithm=str(told.get("alg")),
        claims=claimed,
        signed=".".join(parts[:2]).encode(),
        signature=signature,
    )


def key_kind(key: str, *, url: str, now: float) -> list[Finding]:
    """Judge the service key by its form; `now` in seconds since 1970."""
    name = "service key"
    if key.startswith("sb_secret_"):
        return [ok(GROUP, name, "a secret key (sb_secret_)")]
    if key.startswith("sb_publishable_"):
        text = "is the publishable key, which browsers have: it reads next to nothing"
        return [fault(GROUP, name, text, _TAKE)]
    token = token_of(key)
    if token is None:
        text = "is neither sb_secret_… nor a JWT"
        return [fault(GROUP, name, text, _TAKE)]
    return [_legacy(name, token, url=url, now=now)]


def jwt_secret(secret: str, key: str) -> list[Finding]:
    """Hold the JWT secret against a legacy key, which it must have signed."""
    name = "JWT secret"
    token = token_of(key)
    if token is None or token.algorithm != "HS256":
        return [
            ok(GROUP, name, "set; only a token can tell whether it is the right one")
        ]
    if token.is_signed_with(secret):
        return [ok(GROUP, name, "it signed the service key")]
    text = "did not sign the service key: one of both is of another project"
    return [fault(GROUP, name, text, _HS256)]


def table(name: str, reply: Reply, *, variable: str = "") -> list[Finding]:
    """Judge PostgREST's answer to a request for one row of a table."""
    check = f"table {name}"
    if isinstance(reply, NoAnswer):
        return [fault(GROUP, check, f"is not reached: {reply.reason}", _REACH)]
    if reply.status == HTTPStatus.OK:
        return [ok(GROUP, check, "can be read")]
    if reply.status in _REFUSED:
        return [fault(GROUP, check, "the service key is refused", _TAKE)]
    if reply.status == HTTPStatus.NOT_FOUND:
        remedy = (
            f"Set {variable} to the table's name."
            if variable
            else "Make it, or expose"
            " its schema: docs/supabase.md says which columns it needs."
        )
        return [fault(GROUP, check, "there is no such table", remedy)]
    if reply.status == HTTPStatus.BAD_REQUEST:
        text = "lacks a column that we need (users: id, authid; submissions: id)"
        return [
            fault(GROUP, check, text, "Add it: docs/supabase.md, Who is an artist.")
        ]
    return [fault(GROUP, check, f"Supabase answers {reply.status}", _REACH)]


def administration(reply: Reply) -> list[Finding]:
    """Judge GoTrue's answer to a request for a user that nobody is."""
    name = "Auth"
    if isinstance(reply, NoAnswer):
        return [fault(GROUP, name, f"is not reached: {reply.reason}", _REACH)]
    if reply.status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
        return [ok(GROUP, name, "takes the service key")]
    if reply.status in _REFUSED:
        text = "refuses the key: it is no service key of this project"
        return [fault(GROUP, name, text, _TAKE)]
    return [fault(GROUP, name, f"answers {reply.status}", _REACH)]


def alive(reply: Reply) -> list[Finding]:
    """Judge Auth's own health."""
    if isinstance(reply, NoAnswer):
        return []  # said by who asked for more
    if reply.status in {HTTPStatus.OK, *_REFUSED}:
        return [ok(GROUP, "Auth's health", "answers")]
    text = f"answers {reply.status}"
    return [fault(GROUP, "Auth's health", text, _REACH)]


def key_set(reply: Reply, *, has_secret: bool) -> list[Finding]:
    """Judge the JWKS beside whether SUPABASE_JWT_SECRET is set."""
    name = "token keys"
    if isinstance(reply, NoAnswer):
        text = f"the key set is not reached: {reply.reason}"
        return [fault(GROUP, name, text, _REACH)]
    keys = _keys(document_of(reply)) if reply.status == HTTPStatus.OK else None
    if keys is None:
        text = f"the key set cannot be read (Supabase answers {reply.status})"
        return [fault(GROUP, name, text, _REACH)]
    usable = sorted(ASYMMETRIC & keys)
    if usable:
        return [ok(GROUP, name, f"the project signs with {', '.join(usable)}")]
    if has_secret:
        return [ok(GROUP, name, "the project signs with its secret (HS256)")]
    text = "the project signs with HS256, and the gateway has no secret to check that"
    return [fault(GROUP, name, text, _HS256)]


def _legacy(name: str, token: Token, *, url: str, now: float) -> Finding:
    role, project = token.claims.get("role"), token.claims.get("ref")
    host = urlsplit(url).hostname or ""
    ends_at = token.claims.get("exp")
    if role != "service_role":
        text = f"is a key of the role {str(role)[:20]}, not of service_role"
        return fault(GROUP, name, text, _TAKE)
    if host.endswith(HOSTED) and project and host != f"{project}{HOSTED}":
        text = "is of another project than SUPABASE_URL"
        return fault(GROUP, name, text, _TAKE)
    if isinstance(ends_at, int | float) and ends_at <= now:
        return fault(GROUP, name, "has expired", _TAKE)
    text = "is the legacy service_role key, which Supabase gives up"
    return warning(GROUP, name, text, _TAKE)


def _keys(document: Any) -> set[str] | None:
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        return None
    return {str(key.get("alg")) for key in keys if isinstance(key, dict)}


def _unpadded(part: str) -> bytes:
    padded = part + "=" * (-len(part) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)
