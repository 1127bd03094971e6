"""Whatever the secret looks like, receivers accept either signature alone."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from devstack.supabase import webhooks
from devstack.supabase.store import Change
from shared import signature
from shared.signature import Verified

NOW = datetime.now(UTC)
BASE64 = base64.b64encode(bytes(range(40, 72))).decode()
SECRETS = [f"whsec_{BASE64}", "a plain secret, no base64", BASE64]


def request(secret=SECRETS[0], url="http://edge:8000/hook"):
    change = Change("submissions", "INSERT", 7, {"id": "s", "title": "Zoë 🎧"}, None)
    sent = webhooks.request_bytes(url, change, secret, now=NOW)
    head, body = sent.split(b"\r\n\r\n", 1)
    return head.decode().split("\r\n"), body


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("left_out", ["webhook-signature", "x-signature"])
def test_receiver_accepts_either_signature_alone(secret, left_out):
    lines, body = request(secret)
    pairs = (line.split(": ", 1) for line in lines[1:])
    headers = {name.lower(): value for name, value in pairs}
    del headers[left_out]

    verdict = signature.verify(
        body,
        headers,
        keys=signature.keys_of([secret]),
        now=NOW.timestamp(),
        tolerance=5,
    )

    assert isinstance(verdict, Verified)


@pytest.mark.parametrize(
    ("url", "first", "host"),
    [
        ("http://edge:8000/hook", "POST /hook HTTP/1.1", "Host: edge:8000"),
        ("https://edge", "POST / HTTP/1.1", "Host: edge"),
        ("http://[::1]:80/a?b=c", "POST /a?b=c HTTP/1.1", "Host: [::1]:80"),
    ],
)
def test_target_and_host_come_from_the_address(url, first, host):
    lines, _ = request(url=url)

    assert lines[:2] == [first, host]
