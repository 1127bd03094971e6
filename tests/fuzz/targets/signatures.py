"""Any headers over any body: nothing is believed that has no proof, and no error.

The input is written as a request is: lines of headers, an empty line, the body.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from ingest_service import intake
from shared import signature
from shared.signature import Refused, Verified
from tests.fuzz.target import Target

SECRETS = ("a secret of plain words", "whsec_" + base64.b64encode(bytes(32)).decode())
KEYS = signature.keys_of(SECRETS)
STATIC = tuple(secret.encode() for secret in SECRETS)
NOW, TOLERANCE = 1_790_000_000, 300.0


def check(data: bytes) -> None:
    """Raise where the wrong is believed, the right refused, or another error comes."""
    headers, body = _parsed(data)
    if isinstance(_verdict(body, headers), Verified):
        assert _is_proven(body, headers), "believed without a proof"
    if isinstance(signature.verify_static(headers, STATIC), Verified):
        assert headers[signature.STATIC] in SECRETS
    intake.unsupported_media(headers)
    intake.traceparent_of(headers.get("traceparent", ""))
    _check_signed(body, headers)


def _check_signed(body: bytes, headers: Mapping[str, str]) -> None:
    webhook_id = headers.get("webhook-id", "msg_1")
    honest = standard(body, webhook_id) | {
        "x-signature": headers.get("x-signature", "")
    }
    expected = signature.is_id(webhook_id)
    if expected:
        assert _verdict(body, honest) == Verified(webhook_id)
    plain = {"x-signature": signature.sign_plain(body, KEYS[0])}
    assert _verdict(body, plain) == Verified()
    changed = body + b"\x00"
    assert isinstance(_verdict(changed, plain), Refused)
    assert isinstance(_verdict(changed, standard(body, webhook_id)), Refused)


def standard(
    body: bytes, webhook_id: str = "msg_1", *, at: int = NOW, prefix: str = "webhook"
) -> dict[str, str]:
    """Return the headers of Standard Webhooks for the body."""
    text = f"{webhook_id}.{at}.".encode("latin-1", "replace") + body
    mac = base64.b64encode(hmac.digest(KEYS[-1], text, "sha256")).decode()
    return {
        f"{prefix}-id": webhook_id,
        f"{prefix}-timestamp": str(at),
        f"{prefix}-signature": f"v1,{mac}",
    }


def _verdict(body: bytes, headers: Mapping[str, str]) -> Verified | Refused:
    return signature.verify(
        body, headers, keys=KEYS, now=float(NOW), tolerance=TOLERANCE
    )


def _is_proven(body: bytes, headers: Mapping[str, str]) -> bool:
    """Look for the code in the headers, the other way round than `verify` does."""
    plain = headers.get("x-signature", "").lower()
    if any(hmac.digest(key, body, "sha256").hex() in plain for key in KEYS):
        return True
    for prefix in ("webhook", "svix"):
        name, moment, given = (
            headers.get(f"{prefix}-{part}", "")
            for part in ("id", "timestamp", "signature")
        )
        if not moment.isdigit() or abs(NOW - int(moment)) > TOLERANCE:
            continue
        text = f"{name}.{moment}.".encode("latin-1") + body
        macs = [hmac.digest(key, text, "sha256") for key in KEYS]
        # All but the last digit, in which some bits stand for nothing.
        if any(f"v1,{base64.b64encode(mac).decode()[:42]}" in given for mac in macs):
            return True
    return False


def _parsed(data: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = data.partition(b"\n\n")
    headers = {}
    for line in head.split(b"\n"):
        name, _, value = line.partition(b":")
        # A server makes Latin-1 of both.
        headers[name.decode("latin-1").lower()] = value.strip().decode("latin-1")
    return headers, body


def _written(headers: Mapping[str, str], body: bytes) -> bytes:
    lines = "\n".join(f"{name}:{value}" for name, value in headers.items())
    return lines.encode("latin-1") + b"\n\n" + body


_BODY = b'{"a":1}'
_PLAIN = {"x-signature": signature.sign_plain(_BODY, KEYS[0])}

TARGET = Target(
    name="signatures",
    check=check,
    seeds=[
        _written(_PLAIN, _BODY),
        _written({"x-signature": "sha256=" + _PLAIN["x-signature"].upper()}, _BODY),
        _written(standard(_BODY), _BODY),
        _written(standard(_BODY, prefix="svix") | _PLAIN, _BODY),
        _written(standard(_BODY, at=NOW - 301), _BODY),
        _written({"x-webhook-secret": SECRETS[0]}, _BODY),
        _written({"content-type": 'application/json; charset="utf-8"'}, b""),
        _written({"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}, b""),
    ],
    words=[
        *(b"v1,", b"v1a,", b"v2,", b" ", b",", b".", b"=", b"==", b"sha256=", b"\xff"),
        *(
            b"\xb2",
            b"-",
            b"+",
            b"_",
            b"0",
            b"nan",
            b"inf",
            b"\x00",
            b"whsec_",
            b"A" * 44,
        ),
        *(b"\n", b"\n\n", b":", b"webhook-id:", b"svix-id:", b"x-signature:"),
        *(b"webhook-signature:", b"webhook-timestamp:", b"svix-signature:"),
        str(NOW).encode(),
    ],
)
