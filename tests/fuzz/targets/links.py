"""Links to unsubscribe: who has one that we made ends mails, and nobody else.

The input is a whole token, and once more what one of ours stands for.
"""

from __future__ import annotations

import base64
import hmac

from shared import unsubscribe
from shared.errors import Malformed
from shared.unsubscribe import Subscription
from tests.fuzz import words
from tests.fuzz.target import Target

KEYS = (b"key of the fuzzed links", b"an older one")


def check(data: bytes) -> None:
    """Raise where a link is believed without a proof, or another error comes."""
    for token in (data.decode("latin-1"), data.decode("utf-8", "surrogateescape")):
        if _read(token) is not None:
            payload, _, code = token.partition(".")
            assert _is_made(_decoded(payload), _decoded(code)), (
                "believed without a proof"
            )
    _read(f"{_encoded(data)}.{_encoded(_code(data, KEYS[1]))}")


def _read(token: str) -> Subscription | None:
    try:
        found = unsubscribe.read(token, KEYS)
    except Malformed:
        return None
    link = unsubscribe.link("https://a.test/", found, KEYS[0])
    assert unsubscribe.read(link.rpartition("/")[2], KEYS) == found
    return found


def _is_made(payload: bytes, code: bytes) -> bool:
    return any(hmac.compare_digest(_code(payload, key), code) for key in KEYS)


def _code(payload: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"melotech unsubscribe 1\n" + payload, "sha256")[:16]


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


_OURS = Subscription(
    event_id="evt_1", submission_id="s-1", recipient_key="0f" * 16, masked="a***@b.test"
)

TARGET = Target(
    name="links",
    check=check,
    seeds=[
        unsubscribe.link("", _OURS, KEYS[0]).rpartition("/")[2].encode(),
        b'["evt_1","s-1","0f","a***@b.test"]',
    ],
    words=[*words.JSON, b".", b"=", b"-_", b"+/", b"A" * 22, b"%2e", b"\n"],
)
