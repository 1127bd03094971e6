"""Supabase Auth (GoTrue): logins, refreshes, who am I, key set, admin look-up."""

from __future__ import annotations

import time
import uuid
from typing import Any

import msgspec
from aiohttp import web

from devstack.supabase.people import Keys, auth_user, token_of
from devstack.supabase.store import Store
from devstack.supabase.tokens import TokenSigner


class Auth:
    """The handlers below `/auth/v1`."""

    def __init__(self, store: Store, signer: TokenSigner, keys: Keys) -> None:
        self._store = store
        self._signer = signer
        self._keys = keys

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_post("/auth/v1/token", self.token)
        app.router.add_get("/auth/v1/user", self.user)
        app.router.add_post("/auth/v1/logout", self.logout)
        app.router.add_get("/auth/v1/.well-known/jwks.json", self.jwks)
        app.router.add_get("/auth/v1/admin/users/{auth_id}", self.admin_user)
        app.router.add_get("/auth/v1/health", self.health)

    async def token(self, request: web.Request) -> web.Response:
        """Sign in by password, or come back by refresh token."""
        given = await _json(request)
        match request.query.get("grant_type"):
            case "password":
                return await self._by_password(request, given)
            case "refresh_token":
                return self._by_refresh_token(request, given)
        return failure(400, "validation_failed", "unsupported_grant_type")

    async def user(self, request: web.Request) -> web.Response:
        """Show the user whose token is sent."""
        token = token_of(request.headers)
        if not token:
            return _no_bearer()
        claims = self._signer.read(token)
        user = auth_user(self._store, claims["sub"]) if claims else None
        if user is None:
            return failure(403, "bad_jwt", "invalid JWT: unable to parse or verify")
        return web.json_response(user)

    async def logout(self, request: web.Request) -> web.Response:
        """End the user's sessions."""
        claims = self._signer.read(token_of(request.headers))
        if claims:
            self._store.end_sessions(claims["sub"])
        return web.Response(status=204)

    async def jwks(self, request: web.Request) -> web.Response:
        """Serve the public keys."""
        headers = {"Cache-Control": "public, max-age=600"}
        return web.json_response(self._signer.jwks(), headers=headers)

    async def admin_user(self, request: web.Request) -> web.Response:
        """Show any user to the service key."""
        token = token_of(request.headers)
        if not token:
            return _no_bearer()
        role = self._keys.role_of(token)
        if role is None and self._signer.read(token) is None:
            return failure(403, "bad_jwt", "invalid JWT: unable to parse or verify")
        if role != "service_role":
            return failure(403, "not_admin", "User not allowed")
        auth_id = request.match_info["auth_id"]
        try:
            uuid.UUID(auth_id)
        except ValueError:
            return failure(404, "validation_failed", "user_id must be an UUID")
        user = auth_user(self._store, auth_id)
        if user is None:
            return failure(404, "user_not_found", "User not found")
        return web.json_response(user)

    async def health(self, request: web.Request) -> web.Response:
        """Answer as GoTrue does."""
        return web.json_response({"name": "GoTrue", "version": "stand-in"})

    async def _by_password(
        self, request: web.Request, given: dict[str, Any]
    ) -> web.Response:
        email, password = str(given.get("email")), str(given.get("password"))
        # A look-up and a few milliseconds of scrypt: short enough for the loop.
        auth_id = self._store.check_password(email, password)
        if auth_id is None:
            return failure(400, "invalid_credentials", "Invalid login credentials")
        return self._session(request, auth_id, str(uuid.uuid4()))

    def _by_refresh_token(
        self, request: web.Request, given: dict[str, Any]
    ) -> web.Response:
        spent = self._store.spend_refresh_token(str(given.get("refresh_token")))
        if spent is None:
            text = "Invalid Refresh Token: Refresh Token Not Found"
            return failure(400, "refresh_token_not_found", text)
        return self._session(request, *spent)

    def _session(
        self, request: web.Request, auth_id: str, session_id: str
    ) -> web.Response:
        user = auth_user(self._store, auth_id)
        if user is None:
            return failure(400, "invalid_credentials", "Invalid login credentials")
        issuer = f"{request.scheme}://{request.host}/auth/v1"
        token = self._signer.sign(user, issuer=issuer, session_id=session_id)
        lifetime = self._signer.lifetime
        return web.json_response(
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": lifetime,
                "expires_at": int(time.time()) + lifetime,
                "refresh_token": self._store.new_refresh_token(auth_id, session_id),
                "user": user,
            }
        )


def failure(status: int, code: str, text: str) -> web.Response:
    """Return an error in GoTrue's shape."""
    body = {"code": status, "error_code": code, "msg": text}
    return web.json_response(body, status=status, headers={"x-sb-error-code": code})


def _no_bearer() -> web.Response:
    text = "This endpoint requires a valid Bearer token"
    return failure(401, "no_authorization", text)


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(await request.read())
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
