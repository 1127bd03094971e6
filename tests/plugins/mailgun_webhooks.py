"""Mailgun's webhooks as Mailgun sends them: shape, signature, and posting one."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import requests

KEY = "signing-key-of-the-tests"
JSON = {"content-type": "application/json"}
NOW = 1_795_435_201.0  # 2026-11-23T12:00:01Z
TOKEN = "0f" * 25


def _hmac(key: str, text: bytes) -> str:
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()


def signature(
    *,
    key: str = KEY,
    timestamp: int | str = str(int(NOW)),
    token: str = TOKEN,
    parent_key: str | None = None,
) -> dict[str, Any]:
    """Return the part of a webhook that proves it."""
    text = f"{timestamp}{token}".encode()
    made = {"timestamp": timestamp, "token": token, "signature": _hmac(key, text)}
    return made | ({"parent-signature": _hmac(parent_key, text)} if parent_key else {})


def fresh_signature(**given: Any) -> dict[str, Any]:
    """Return one of this moment with a token of its own."""
    return signature(
        timestamp=str(int(time.time())), token=secrets.token_hex(25), **given
    )


_AT_NOON = signature()


def hook(
    event: str,
    *,
    signature: dict[str, Any] = _AT_NOON,
    variables: Any = (("event_id", "evt_1"), ("submission_id", "s-1")),
    **facts: Any,
) -> dict[str, Any]:
    """Return a webhook: by default of a mail of ours, signed at NOW."""
    return {
        "signature": signature,
        "event-data": {
            "event": event,
            "id": "CPgfbmQMTCKtHW6uIWtuVe",
            "timestamp": 1_795_435_200.25,
            "recipient": "ada@artist.test",
            "message": {"headers": {"message-id": "evt_1@mg.melotech.test"}},
            "user-variables": dict(variables)
            if isinstance(variables, tuple)
            else variables,
            **facts,
        },
    }


def post(service: Any, document: Any, **options: Any) -> requests.Response:
    """Post a webhook to an ingest service."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return requests.post(
        f"{service.url}/webhook/mailgun",
        data=body,
        headers={"Content-Type": "application/json"} | options.pop("headers", {}),
        timeout=10,
        allow_redirects=False,
    )
