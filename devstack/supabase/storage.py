"""Supabase Storage, as far as a player needs it: signed addresses, and their files.

There is one bucket, and in it what the column `files` of the submissions names. Who may
see a row may hear its files. Errors have Storage's shape: 400, the real code inside.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from http import HTTPStatus
from typing import TypeGuard

import jwt
from aiohttp import web

from devstack.supabase import tones
from devstack.supabase.answers import json_object
from devstack.supabase.people import Bearer, Keys, bearer_of
from devstack.supabase.store import Row, Store
from devstack.supabase.tokens import TokenSigner

BUCKET = "submissions"
ALGORITHM = "HS256"


class Storage:
    """The handlers of `/storage/v1/object/sign/{bucket}/{path}`."""

    def __init__(self, store: Store, signer: TokenSigner, keys: Keys) -> None:
        self._store = store
        self._signer = signer
        self._keys = keys
        # Addresses live for minutes: they need not outlast this process.
        self._secret = secrets.token_bytes(32)

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        address = "/storage/v1/object/sign/{bucket}/{path:.+}"
        app.router.add_post(address, self.sign)
        app.router.add_get(address, self.read)

    async def sign(self, request: web.Request) -> web.Response:
        """Return an address that anybody may open for `expiresIn` seconds."""
        bearer = bearer_of(request.headers, self._keys, self._signer, self._store)
        if bearer is None:
            return failure("403", "Unauthorized", "Invalid Compact JWS")
        if request.match_info["bucket"] != BUCKET:
            return failure("404", "Bucket not found", "Bucket not found")
        path = request.match_info["path"]
        if not self._holds(path, bearer):
            return failure("404", "not_found", "Object not found")
        lifetime = (await json_object(request) or {}).get("expiresIn")
        if not _is_lifetime(lifetime):
            text = "body/expiresIn must be integer and >= 1"
            return failure("400", "Error", text)
        name, now = f"{BUCKET}/{path}", int(time.time())
        claims = {"url": name, "iat": now, "exp": now + lifetime}
        token = jwt.encode(claims, self._secret, ALGORITHM)
        return web.json_response({"signedURL": f"/object/sign/{name}?token={token}"})

    async def read(self, request: web.Request) -> web.Response:
        """Answer with the file, or the part of it that is asked for."""
        path = request.match_info["path"]
        try:
            claims = jwt.decode(
                request.query.get("token", ""), self._secret, [ALGORITHM]
            )
        except jwt.PyJWTError as error:
            return failure("400", "InvalidJWT", str(error))
        if claims.get("url") != f"{request.match_info['bucket']}/{path}":
            return failure("400", "InvalidSignature", "Invalid signature")
        return _part(request, await asyncio.to_thread(tones.wav_of, path))

    def _holds(self, path: str, bearer: Bearer) -> bool:
        return any(
            path in _files(row) and bearer.may_see("submissions", row)
            for row in self._store.rows("submissions")
        )


def failure(code: str, error: str, text: str) -> web.Response:
    """Return an error."""
    body = {"statusCode": code, "error": error, "message": text}
    return web.json_response(body, status=HTTPStatus.BAD_REQUEST)


def _part(request: web.Request, content: bytes) -> web.Response:
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "no-cache"}
    if "Range" not in request.headers:
        return web.Response(body=content, content_type="audio/wav", headers=headers)
    try:
        first, end, _ = request.http_range.indices(len(content))
    except ValueError:
        first = end = 0
    if first >= end:
        headers["Content-Range"] = f"bytes */{len(content)}"
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        return web.Response(status=status, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{end - 1}/{len(content)}"
    return web.Response(
        status=HTTPStatus.PARTIAL_CONTENT,
        body=content[first:end],
        content_type="audio/wav",
        headers=headers,
    )


def _files(row: Row) -> list[object]:
    # The column is the project's own, and whoever may write rows may write anything.
    files = row.get("files")
    return files if isinstance(files, list) else []


def _is_lifetime(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31
