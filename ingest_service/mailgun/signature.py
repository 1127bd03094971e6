"""Is this webhook really from Mailgun?

The signature is the hex HMAC-SHA256 of timestamp and token, and stands in the body that
it does not cover. So whoever has seen one webhook could sign anything with it: what was
signed is good for one use and a limited time.
Source: Mailgun's user manual, "Securing Webhooks".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

#: How far Mailgun's clock may be ahead of ours, in seconds.
MAX_AHEAD = 300.0

_UnixTime = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,12}\Z")]
#: Mailgun's are 50 letters and digits.
_Token = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9]{16,100}\Z")]
_Hex = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Fa-f]{64}\Z")]


class Signature(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """The part of a webhook that proves it; `parent_signature` is the main account's.

    Subaccounts sign with a key of their own, and add one made with the main account's.
    """

    timestamp: _UnixTime | int
    token: _Token
    signature: _Hex
    parent_signature: _Hex | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What was signed, to be used once; `signed_at` is Unix time in seconds."""

    text: str
    signed_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Distrusted:
    """The webhook is not to be believed; `later`: it may be when time has passed."""

    reason: str
    later: bool = False


def verify(
    given: Signature, *, keys: Sequence[bytes], now: float, max_age: float
) -> Stamp | Distrusted:
    """Return what is to be used up, or why not; `now` and `max_age` in seconds."""
    text = f"{given.timestamp}{given.token}"
    if not _is_signed(text, given, keys):
        return Distrusted(reason="the signature does not match the signing key")
    signed_at = float(given.timestamp)
    if signed_at > now + MAX_AHEAD:
        ahead = f"signed {signed_at - now:.0f} s in the future"
        return Distrusted(reason=f"{ahead}: one of the clocks is wrong", later=True)
    if signed_at < now - max_age:
        return Distrusted(reason=f"signed {now - signed_at:.0f} s ago, that is too old")
    return Stamp(text=text, signed_at=signed_at)


def _is_signed(text: str, given: Signature, keys: Sequence[bytes]) -> bool:
    signatures = [
        each.lower() for each in (given.signature, given.parent_signature) if each
    ]
    expected = [
        hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for key in keys
    ]
    # Every pair is compared, so that the time says nothing of which one fitted.
    found = [hmac.compare_digest(a, b) for a in signatures for b in expected]
    return any(found)
