"""Supabase Auth for administrators: look at a user, ban or change one, delete one."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

from aiohttp import web

from devstack.supabase.accounts import Account, now
from devstack.supabase.answers import failure, json_object, no_bearer
from devstack.supabase.people import Keys, auth_user, token_of
from devstack.supabase.store import Store
from devstack.supabase.tokens import TokenSigner

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
#: As in Go: decimal numbers, each with a unit, such as `1h30m` or `1.5h`.
_PART = re.compile(rf"([0-9]+\.?[0-9]*|\.[0-9]+)({'|'.join(_SECONDS)})")
_DURATION = re.compile(rf"[+-]?(?:0|(?:{_PART.pattern})+)")
#: Go's limit, 292 years: a ban of more overflows there.
MAX_SECONDS = 2**63 / 1e9


class AdminUsers:
    """The handlers of `/auth/v1/admin/users/{auth_id}`, for the service key alone."""

    def __init__(self, store: Store, signer: TokenSigner, keys: Keys) -> None:
        self._store = store
        self._signer = signer
        self._keys = keys

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        address = "/auth/v1/admin/users/{auth_id}"
        app.router.add_get(address, self.show)
        app.router.add_put(address, self.update)
        app.router.add_delete(address, self.delete)

    async def show(self, request: web.Request) -> web.Response:
        """Show any user."""
        found = self._account(request)
        return found if isinstance(found, web.Response) else self._shown(found)

    async def update(self, request: web.Request) -> web.Response:
        """Ban a user or lift the ban; merge into the user's metadata."""
        found = self._account(request)
        if isinstance(found, web.Response):
            return found
        given = await json_object(request)
        if given is None or not _is_sound(given):
            text = "Could not parse request body as JSON"
            return failure(400, "bad_json", text)
        banned_until, ban = found.banned_until, given.get("ban_duration")
        if ban:
            seconds = 0.0 if ban == "none" else seconds_of(ban)
            if seconds is None:
                text = "invalid format for ban duration: not a duration"
                return failure(400, "validation_failed", text)
            lasting = timedelta(seconds=seconds)
            banned_until = now() + lasting if lasting else None
        self._store.accounts.decree(
            found.auth_id,
            banned_until=banned_until,
            app_metadata=found.app_metadata | (given.get("app_metadata") or {}),
        )
        return await self.show(request)

    async def delete(self, request: web.Request) -> web.Response:
        """Delete a user; tokens that are out stay good until they expire."""
        found = self._account(request)
        if isinstance(found, web.Response):
            return found
        self._store.accounts.delete(found.auth_id)
        return web.json_response({})

    def _account(self, request: web.Request) -> Account | web.Response:
        """Return the account that is asked for, or the refusal."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        auth_id = request.match_info["auth_id"]
        try:
            uuid.UUID(auth_id)
        except ValueError:
            return failure(404, "validation_failed", "user_id must be an UUID")
        account = self._store.accounts.find(auth_id.lower())
        return account or failure(404, "user_not_found", "User not found")

    def _refusal(self, request: web.Request) -> web.Response | None:
        token = token_of(request.headers)
        if not token:
            return no_bearer()
        role = self._keys.role_of(token)
        if role is None and self._signer.read(token) is None:
            return failure(403, "bad_jwt", "invalid JWT: unable to parse or verify")
        if role != "service_role":
            return failure(403, "not_admin", "User not allowed")
        return None

    def _shown(self, account: Account) -> web.Response:
        return web.json_response(auth_user(self._store, account.auth_id))


def seconds_of(duration: str) -> float | None:
    """Return a duration as Go writes it in seconds, None where it is none."""
    if len(duration) > 100 or not _DURATION.fullmatch(duration):
        return None
    total = sum(float(n) * _SECONDS[unit] for n, unit in _PART.findall(duration))
    if total > MAX_SECONDS:
        return None
    return -total if duration.startswith("-") else total


def _is_sound(given: dict[str, Any]) -> bool:
    return isinstance(given.get("ban_duration", ""), str | None) and isinstance(
        given.get("app_metadata"), dict | None
    )
