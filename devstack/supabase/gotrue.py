"""Supabase Auth (GoTrue): logins, refreshes, who am I, key set."""

from __future__ import annotations

import time
import uuid
from typing import Any

from aiohttp import web

from devstack.supabase.accounts import now
from devstack.supabase.answers import failure, json_object, no_bearer
from devstack.supabase.people import auth_user, token_of
from devstack.supabase.store import Store
from devstack.supabase.tokens import TokenSigner


class Auth:
    """The handlers below `/auth/v1`."""

    def __init__(self, store: Store, signer: TokenSigner) -> None:
        self._store = store
        self._accounts = store.accounts
        self._signer = signer

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_post("/auth/v1/token", self.token)
        app.router.add_get("/auth/v1/user", self.user)
        app.router.add_post("/auth/v1/logout", self.logout)
        app.router.add_get("/auth/v1/.well-known/jwks.json", self.jwks)
        app.router.add_get("/auth/v1/health", self.health)

    async def token(self, request: web.Request) -> web.Response:
        """Sign in by password, or come back by refresh token."""
        given = await json_object(request) or {}
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
            return no_bearer()
        claims = self._signer.read(token)
        if claims is None:
            return failure(403, "bad_jwt", "invalid JWT: unable to parse or verify")
        account = self._accounts.find(claims["sub"])
        if account is None:
            text = "User from sub claim in JWT does not exist"
            return failure(403, "user_not_found", text)
        if account.is_banned(now()):
            return failure(403, "user_banned", "User is banned")
        return web.json_response(auth_user(self._store, account.auth_id))

    async def logout(self, request: web.Request) -> web.Response:
        """End the user's sessions: all (`global`), this (`local`), or the `others`."""
        claims = self._signer.read(token_of(request.headers))
        if claims:
            scope = request.query.get("scope", "global")
            self._accounts.end_sessions(
                claims["sub"],
                only=claims["session_id"] if scope == "local" else None,
                but=claims["session_id"] if scope == "others" else None,
            )
        return web.Response(status=204)

    async def jwks(self, request: web.Request) -> web.Response:
        """Serve the public keys."""
        headers = {"Cache-Control": "public, max-age=600"}
        return web.json_response(self._signer.jwks(), headers=headers)

    async def health(self, request: web.Request) -> web.Response:
        """Answer as GoTrue does."""
        return web.json_response({"name": "GoTrue", "version": "stand-in"})

    async def _by_password(
        self, request: web.Request, given: dict[str, Any]
    ) -> web.Response:
        email, password = str(given.get("email")), str(given.get("password"))
        # A look-up and a few milliseconds of scrypt: short enough for the loop.
        auth_id = self._accounts.check_password(email, password)
        if auth_id is None:
            return failure(400, "invalid_credentials", "Invalid login credentials")
        if self._is_banned(auth_id):
            return failure(400, "user_banned", "User is banned")
        return self._session(request, auth_id, str(uuid.uuid4()))

    def _by_refresh_token(
        self, request: web.Request, given: dict[str, Any]
    ) -> web.Response:
        token = str(given.get("refresh_token"))
        session = self._accounts.session_of(token)
        if session is None:
            text = "Invalid Refresh Token: Refresh Token Not Found"
            return failure(400, "refresh_token_not_found", text)
        if self._is_banned(session[0]):
            return failure(400, "user_banned", "Invalid Refresh Token: User Banned")
        self._accounts.spend_refresh_token(token)
        return self._session(request, *session)

    def _is_banned(self, auth_id: str) -> bool:
        account = self._accounts.find(auth_id)
        return account is not None and account.is_banned(now())

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
                "refresh_token": self._accounts.new_refresh_token(auth_id, session_id),
                "user": user,
            }
        )
