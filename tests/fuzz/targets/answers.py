"""What Mailgun and Supabase answer: a meaning, or one of our own errors.

The input's first line is a status and a Retry-After, the rest the body.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from mailer_worker import settlement
from mailer_worker.mailgun import answers, log
from mailer_worker.mailgun.log import Absent, CannotTell, Found
from realtime_gateway import tokens
from shared import supabase
from shared.addresses import key_of, one_address
from shared.errors import MeloTechError
from tests.fuzz import words
from tests.fuzz.target import Target

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
READERS = (
    supabase.read_user,
    supabase.read_auth_user,
    supabase.read_submissions,
    supabase.read_auth_email,
)


def check(data: bytes) -> None:
    """Raise where an answer raises anything that is no error of ours."""
    first, _, body = data.partition(b"\n")
    digits, _, retry_after = first.decode("latin-1").partition(" ")
    status = int(digits) if digits in STATUSES else 200
    _check_mailgun(status, body, retry_after)
    for read in READERS:
        try:
            found: Any = read(status, body)
        except MeloTechError:
            continue
        if isinstance(found, str):
            address = one_address(found)
            assert address is None or len(key_of(address)) == 32
    with suppress(ValueError):
        tokens.keys_in(body)


STATUSES = {"200", "204", "302", "400", "401", "404", "408", "429", "500", "503"}


def _check_mailgun(status: int, body: bytes, retry_after: str) -> None:
    text = body.decode("utf-8", "replace")
    error = answers.failure_of(status, text, retry_after, now=NOW)
    decision = settlement.after(error, 1)
    headers = settlement.headers_after(decision, error, {}, now=0.0)
    for value in headers.values():
        # It must go into a message of the broker.
        str(value).encode()
    wait = getattr(error, "retry_after", None)
    assert wait is None or (math.isfinite(wait) and wait >= 0)
    found = answers.id_in(body)
    assert found is None or (found.isascii() and found.isprintable())
    finding = log.read(status, body, "e@mg.test")
    assert isinstance(finding, Found | Absent | CannotTell)
    assert not isinstance(finding, Found) or b"mg" in body or b"\\u" in body


def _said(document: Any, first: bytes = b"200") -> bytes:
    return first + b"\n" + json.dumps(document).encode()


_AGAIN = "Domain mg.test is not allowed, try again after Mon, 23 Nov 2026 12:05:00 GMT"

_ODD_TIMES = (("GMT", "-0000 GMT"), ("GMT", f"+{'9' * 20} GMT"), ("2026", "9" * 20))

TARGET = Target(
    name="answers",
    check=check,
    seeds=[
        _said({"id": "<e@mg.test>", "message": "Queued. Thank you."}),
        _said({"message": _AGAIN}, b"429 120"),
        _said({"message": "Domain not found: mg.test"}, b"404"),
        *(_said({"message": _AGAIN.replace(*odd)}, b"429") for odd in _ODD_TIMES),
        _said({"keys": [{"kty": "oct", "kid": "o", "alg": "HS256"}]}),
        b"503 Mon, 23 Nov 2026 12:05:00 GMT\nno JSON",
        _said({"items": [{"message": {"headers": {"message-id": "e@mg.test"}}}]}),
        _said([{"id": "u-1", "authid": "a-1", "email": "ada@a.test", "admin": True}]),
        _said([{"id": 7, "updated_at": "2026-11-23T12:00:00+00:00", "status": "x"}]),
        _said({"email": "ada@b\xfccher.test", "app_metadata": {"role": "admin"}}),
        _said({"code": "22P02", "message": "invalid input"}, b"400"),
        _said({"keys": [{"kty": "RSA", "kid": "r", "n": "AQAB", "e": "AQAB"}]}),
        _said({"keys": [{"kty": "EC", "kid": "e", "crv": "P-256", "x": "", "y": ""}]}),
    ],
    words=[
        *words.JSON,
        *(
            b" GMT",
            b"try again after ",
            b"-0000",
            b"+9999",
            b" 2026 ",
            b"Jan",
            b"00:00:00",
        ),
        *(b"429 ", b"400", b"404", b"503 ", b"account disabled", b"@", b"\xb2"),
        *(
            b'"kty":"oct",',
            b'"kty":"OKP",',
            b'"crv":"P-521",',
            b'"alg":[],',
            b'"d":"AA",',
        ),
    ],
)
