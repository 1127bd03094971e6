"""What we ask Supabase, and what its answers mean; sending is the caller's.

PostgREST answers an unknown row with 200 and `[]`, a malformed uuid with 400 (22P02).
GoTrue answers an unknown user with 404, an id that is no uuid with 404 too.
The new `sb_secret_` keys are no JWTs: they go into `apikey`, and into Authorization
only when both are the same, which holds for the legacy service_role JWT as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from shared.errors import Misconfigured, Transient

JWKS_PATH = "/auth/v1/.well-known/jwks.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A GET request below SUPABASE_URL."""

    path: str
    params: Mapping[str, str]


class User(msgspec.Struct, frozen=True):
    """A row of `users`: `id` is what submissions refer to, `authid` the JWT's sub."""

    id: str | int
    authid: str | None = None
    email: str | None = None
    #: Whatever the project's columns hold; only a plain true makes an admin.
    is_admin: Any = None
    admin: Any = None

    @property
    def has_admin_flag(self) -> bool:
        """Tell whether the row makes its owner an admin."""
        return self.is_admin is True or self.admin is True


class AuthUser(msgspec.Struct, frozen=True):
    """A user as GoTrue's admin interface shows it."""

    email: str | None = None
    #: When a ban ends; GoTrue leaves past moments standing.
    banned_until: str | None = None
    app_metadata: Any = None

    @property
    def has_admin_role(self) -> bool:
        """Tell whether new tokens of the user would carry the admin's role."""
        metadata = self.app_metadata
        return isinstance(metadata, dict) and metadata.get("role") == "admin"


_users_decoder = msgspec.json.Decoder(list[User])
_auth_user_decoder = msgspec.json.Decoder(AuthUser)


def credentials(service_key: str) -> dict[str, str]:
    """Return the headers that make a request the service's own."""
    return {"apikey": service_key, "Authorization": f"Bearer {service_key}"}


def user_by(column: Literal["id", "authid"], value: str) -> Query:
    """Ask for the `users` row with this id or authid.

    All columns are asked for, since naming one that a project lacks is an error.
    """
    params = {"select": "*", column: f"eq.{value}", "limit": "1"}
    return Query(path="/rest/v1/users", params=params)


def auth_user(auth_id: str) -> Query:
    """Ask GoTrue's admin interface for a user."""
    return Query(path=f"/auth/v1/admin/users/{quote(auth_id, safe='')}", params={})


def read_user(status: int, body: bytes) -> User | None:
    """Return the row of a `user_by` answer, None where there is none."""
    if status == HTTPStatus.BAD_REQUEST and b"22P02" in body:
        return None
    _raise_unless_ok(status)
    try:
        rows = _users_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Transient(f"Supabase's users answer is not understood: {error}") from None
    return rows[0] if rows else None


def read_auth_email(status: int, body: bytes) -> str | None:
    """Return the address of an `auth_user` answer, None where there is none."""
    user = read_auth_user(status, body)
    return (user.email or None) if user else None


def read_auth_user(status: int, body: bytes) -> AuthUser | None:
    """Return the user of an `auth_user` answer, None where there is none."""
    if status == HTTPStatus.NOT_FOUND:
        return None
    _raise_unless_ok(status)
    try:
        return _auth_user_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Transient(f"Supabase's auth answer is not understood: {error}") from None


def _raise_unless_ok(status: int) -> None:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise Misconfigured(f"Supabase refuses the service key ({status})")
    if status != HTTPStatus.OK:
        raise Transient(f"Supabase answered {status}")
