"""Requests and errors in GoTrue's shape."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web


def failure(status: int, code: str, text: str) -> web.Response:
    """Return an error."""
    body = {"code": status, "error_code": code, "msg": text}
    return web.json_response(body, status=status, headers={"x-sb-error-code": code})


def no_bearer() -> web.Response:
    """Return the error of a request without a token."""
    text = "This endpoint requires a valid Bearer token"
    return failure(401, "no_authorization", text)


async def json_object(request: web.Request) -> dict[str, Any] | None:
    """Return the body's JSON object, None where it is none."""
    try:
        document = msgspec.json.decode(await request.read())
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
