"""Is this request really from our database?

Two styles over the raw body, both HMAC-SHA256: `X-Signature: <hex>` (with or without
`sha256=`), and Standard Webhooks 1.0 (`webhook-id`, `webhook-timestamp`,
`webhook-signature`, or the same three as `svix-*`; signed bytes
`{id}.{timestamp}.{body}`). For senders that cannot sign there is `X-Webhook-Secret`,
the secret itself, where the operator allows it.
The library `standardwebhooks` decodes the body to text and fixes the clock and the
tolerance, so it signs in the stand-ins and is the oracle of the tests.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

STANDARD_PREFIX = "whsec_"
PLAIN = "x-signature"
#: What the three headers of Standard Webhooks begin with; Svix named them first.
STANDARD = ("webhook", "svix")
STATIC = "x-webhook-secret"
SIGNATURES = (PLAIN, *(f"{prefix}-signature" for prefix in STANDARD))

#: More signatures than any rotation needs.
MAX_SIGNATURES = 16
#: Event ids become message ids of the broker (at most 255 bytes) and log fields.
MAX_ID_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Verified:
    """The body is authentic; `webhook_id` is set where the signature covers one."""

    webhook_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The body is not to be believed; `reason` tells the sender's operator why."""

    reason: str


def keys_of(secrets: Iterable[str]) -> tuple[bytes, ...]:
    """Return every HMAC key that the secrets stand for.

    Senders disagree on what a secret's key is: its text, or the bytes that its
    base64 part spells (`whsec_...`, Standard Webhooks). Both are accepted.
    """
    keys: list[bytes] = []
    for secret in secrets:
        keys.append(secret.encode())
        encoded = secret.removeprefix(STANDARD_PREFIX)
        try:
            decoded = base64.b64decode(
                encoded + "=" * (-len(encoded) % 4), validate=True
            )
        except (binascii.Error, ValueError):
            continue
        if decoded:
            keys.append(decoded)
    return tuple(dict.fromkeys(keys))


def is_signed(headers: Mapping[str, str]) -> bool:
    """Tell whether there is any signature; `verify` refuses what has none."""
    return any(map(headers.get, SIGNATURES))


def verify(
    body: bytes,
    headers: Mapping[str, str],
    *,
    keys: Sequence[bytes],
    now: float,
    tolerance: float,
) -> Verified | Refused:
    """Check the signature of `body`; `headers` are looked up by lower-case name.

    `now` and `tolerance` are in seconds. Where several styles are present, one that
    holds is enough: senders add the second style for older receivers.
    """
    refusal = Refused("no signature: send X-Signature or Standard Webhooks headers")
    for prefix in STANDARD:
        if headers.get(f"{prefix}-signature"):
            outcome = _verify_standard(body, headers, prefix, keys, now, tolerance)
            if isinstance(outcome, Verified):
                return outcome
            refusal = outcome
    if headers.get(PLAIN):
        return _verify_plain(body, headers[PLAIN], keys)
    return refusal


def verify_static(
    headers: Mapping[str, str], secrets: Sequence[bytes]
) -> Verified | Refused:
    """Check `X-Webhook-Secret`: one of the secrets' texts, which covers no body."""
    # Header values are Latin-1 to a server, whatever the sender meant.
    given = headers.get(STATIC, "").encode("latin-1", "replace")
    matches = [hmac.compare_digest(given, secret) for secret in secrets]
    return Verified() if any(matches) else Refused("X-Webhook-Secret does not match")


def sign_plain(body: bytes, key: bytes) -> str:
    """Return the value of `X-Signature` for the body."""
    return hmac.digest(key, body, "sha256").hex()


def _verify_plain(
    body: bytes, header: str, keys: Sequence[bytes]
) -> Verified | Refused:
    given = header.strip().removeprefix("sha256=").lower()
    if not given.isascii():
        return Refused("X-Signature is not hexadecimal")
    if any(hmac.compare_digest(given, sign_plain(body, key)) for key in keys):
        return Verified()
    return Refused("X-Signature does not match")


def _verify_standard(
    body: bytes,
    headers: Mapping[str, str],
    prefix: str,
    keys: Sequence[bytes],
    now: float,
    tolerance: float,
) -> Verified | Refused:
    webhook_id = headers.get(f"{prefix}-id", "")
    timestamp = headers.get(f"{prefix}-timestamp", "")
    if not is_id(webhook_id):
        return Refused(f"{prefix}-id is missing or not a plain identifier")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return Refused(f"{prefix}-timestamp is not a time in whole seconds")
    if abs(now - int(timestamp)) > tolerance:
        return Refused(f"{prefix}-timestamp is too far from this server's clock")
    signatures = _v1_signatures(headers[f"{prefix}-signature"])
    signed = b".".join((webhook_id.encode(), timestamp.encode(), body))
    expected = [hmac.digest(key, signed, "sha256") for key in keys]
    for given in signatures:
        if any(hmac.compare_digest(given, mac) for mac in expected):
            return Verified(webhook_id)
    return Refused(f"{prefix}-signature does not match")


def is_id(text: str) -> bool:
    """Tell whether a text can be an event's id."""
    fits = 0 < len(text) <= MAX_ID_LENGTH
    return fits and text.isascii() and text.isprintable() and " " not in text


def _v1_signatures(header: str) -> list[bytes]:
    signatures = []
    for part in header.split(" ", MAX_SIGNATURES)[:MAX_SIGNATURES]:
        version, _, encoded = part.partition(",")
        if version != "v1":
            continue
        try:
            signatures.append(base64.b64decode(encoded, validate=True))
        except (binascii.Error, ValueError):
            continue
    return signatures
