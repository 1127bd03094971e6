"""The link by which one recipient ends all mails to one address, with one click.

The token is the subscription as a JSON array and its HMAC-SHA256, both in base64url
without padding. Nobody can make one for another's address, and none runs out.
Source: RFC 8058 (the link must be hard to forge, and needs no login).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from shared.errors import Malformed

PATH = "/unsubscribe/"
#: What servers take in one line is more, with the rest of the request's.
MAX_TOKEN_LENGTH = 1_600
#: Bytes of the code: 128 bits, so that it is not to be guessed.
CODE_LENGTH = 16

#: Other codes that are made with the same key never fit.
_PURPOSE = b"melotech unsubscribe 1\n"

_decoder = msgspec.json.Decoder(tuple[str, str, str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Whose mails are to end, and the mail that had the link.

    `event_id` is that of the change that the mail was about, `recipient_key` as
    `shared.addresses.key_of` makes it, `masked` the address as `events.mask` does.
    """

    event_id: str
    submission_id: str
    recipient_key: str
    masked: str


def link(public_url: str, subscription: Subscription, key: bytes) -> str:
    """Return the address; raise Malformed where the ids are too long for one."""
    payload = msgspec.json.encode(
        (
            subscription.event_id,
            subscription.submission_id,
            subscription.recipient_key,
            subscription.masked,
        )
    )
    token = f"{_encoded(payload)}.{_encoded(_code(payload, key))}"
    if len(token) > MAX_TOKEN_LENGTH:
        raise Malformed("the ids are too long for a link")
    return f"{public_url.rstrip('/')}{PATH}{token}"


def read(token: str, keys: Sequence[bytes]) -> Subscription:
    """Return what the token stands for; raise Malformed where no key has made it."""
    if len(token) > MAX_TOKEN_LENGTH:
        raise Malformed("the link is too long")
    written, _, code = token.partition(".")
    payload, given = _decoded(written), _decoded(code)
    matches = [hmac.compare_digest(given, _code(payload, key)) for key in keys]
    if not any(matches):
        raise Malformed("the link is not one of ours")
    try:
        event_id, submission_id, recipient_key, masked = _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"the link cannot be understood: {error}") from None
    return Subscription(
        event_id=event_id,
        submission_id=submission_id,
        recipient_key=recipient_key,
        masked=masked,
    )


def _code(payload: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + payload, "sha256")[:CODE_LENGTH]


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    padded = text + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("the link is not whole") from None
