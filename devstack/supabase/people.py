"""Who asks? The keys and tokens of a request, and what their bearer may do."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devstack.supabase.store import Row, Store
from devstack.supabase.tokens import TokenSigner

_BASE_METADATA = {"provider": "email", "providers": ["email"]}


@dataclass(frozen=True, slots=True)
class Bearer:
    """The role that Postgres would run the request as, and whose token it is."""

    role: str
    auth_id: str | None = None
    users_id: str | None = None

    def may_see(self, table: str, row: Row) -> bool:
        """Tell whether row level security lets the row through."""
        if self.role in {"service_role", "admin"}:
            return True
        if self.auth_id is None:
            return False
        owner = row.get("userid") if table == "submissions" else row.get("id")
        return owner is not None and owner in {self.users_id, self.auth_id}

    def may_write(self, table: str, operation: str, row: Row) -> bool:
        """Tell whether the row may be written: artists only add their own."""
        if self.role in {"service_role", "admin"}:
            return True
        own = self.may_see(table, row)
        return table == "submissions" and operation == "INSERT" and own


@dataclass(frozen=True, slots=True)
class Keys:
    """The project's two API keys."""

    service: str
    anon: str

    def role_of(self, key: str) -> str | None:
        """Return the role of a key, None for one that is not ours."""
        given = key.encode()
        if hmac.compare_digest(given, self.service.encode()):
            return "service_role"
        return "anon" if hmac.compare_digest(given, self.anon.encode()) else None


def bearer_of(
    headers: Mapping[str, str], keys: Keys, signer: TokenSigner, store: Store
) -> Bearer | None:
    """Return who asks, None where key or token are not good.

    A user's token may come with either key; it then decides alone.
    """
    token = token_of(headers)
    role = keys.role_of(headers.get("apikey", "") or token)
    if role is None:
        return None
    if not token or keys.role_of(token):
        return Bearer(keys.role_of(token) or role)
    claims = signer.read(token)
    return None if claims is None else _person(claims, store)


def token_of(headers: Mapping[str, str]) -> str:
    """Return the bearer token of a request, empty where there is none."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def auth_user(store: Store, auth_id: str) -> dict[str, Any] | None:
    """Return the user as GoTrue shows it."""
    found = store.accounts.find(auth_id)
    if found is None:
        return None
    row = _users_row(store, auth_id) or {}
    admin = {"role": "admin"} if row.get("is_admin") else {}
    metadata = _BASE_METADATA | admin | found.app_metadata
    shown = {
        "id": auth_id,
        "aud": "authenticated",
        "role": "authenticated",
        "email": found.email,
        "phone": "",
        "app_metadata": {k: v for k, v in metadata.items() if v is not None},
        "user_metadata": {"name": row.get("name")},
        "identities": [],
        "is_anonymous": False,
    }
    if found.banned_until:
        shown["banned_until"] = found.banned_until.isoformat().replace("+00:00", "Z")
    return shown


def _person(claims: dict[str, Any], store: Store) -> Bearer:
    auth_id = str(claims["sub"])
    row = _users_row(store, auth_id)
    users_id = str(row["id"]) if row else None
    admin = claims.get("app_metadata", {}).get("role") == "admin"
    return Bearer("admin" if admin else "authenticated", auth_id, users_id)


def _users_row(store: Store, auth_id: str) -> Row | None:
    rows = (row for row in store.rows("users") if row.get("authid") == auth_id)
    return next(rows, None)
