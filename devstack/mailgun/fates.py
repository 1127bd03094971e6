"""What becomes of a mail after it was taken: the events, in Mailgun's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Fate = Literal[
    "by_recipient",
    "delivered",
    "failed",
    "delayed",
    "complained",
    "unsubscribed",
    "read",
    "silent",
]

_DELIVERED = {
    "event": "delivered",
    "log-level": "info",
    "delivery-status": {
        "attempt-no": 1,
        "code": 250,
        "message": "OK",
        "description": "",
        "tls": True,
    },
}
_BOUNCED = {
    "event": "failed",
    "severity": "permanent",
    "reason": "bounce",
    "log-level": "error",
    "delivery-status": {
        "attempt-no": 1,
        "bounce-type": "hard",
        "code": 550,
        "enhanced-code": "5.1.1",
        "message": "5.1.1 <{recipient}>: there is no such mailbox",
        "description": "",
    },
}
_DELAYED = {
    "event": "failed",
    "severity": "temporary",
    "reason": "generic",
    "log-level": "warn",
    "delivery-status": {
        "attempt-no": 1,
        "bounce-type": "soft",
        "code": 451,
        "message": "4.7.1 come again in a few minutes",
        "description": "",
        "retry-seconds": 600,
    },
}

EVENTS: Mapping[Fate, Sequence[Mapping[str, Any]]] = {
    "delivered": [_DELIVERED],
    "failed": [_BOUNCED],
    "delayed": [_DELAYED, _DELIVERED],
    "complained": [_DELIVERED, {"event": "complained", "log-level": "warn"}],
    "unsubscribed": [_DELIVERED, {"event": "unsubscribed", "log-level": "warn"}],
    "read": [
        _DELIVERED,
        {"event": "opened", "log-level": "info"},
        {"event": "clicked", "log-level": "info", "url": "https://melotech.test/"},
    ],
    "silent": [],
}

#: How the local part of an address begins that always has this fate.
_BEGINNINGS: Mapping[str, Fate] = {
    "bounce": "failed",
    "delay": "delayed",
    "complain": "complained",
    "unsubscribe": "unsubscribed",
    "read": "read",
    "silent": "silent",
}


def events_of(fate: Fate, recipient: str) -> Sequence[Mapping[str, Any]]:
    """Return what is told of a mail to the recipient, in order."""
    chosen = _by_recipient(recipient) if fate == "by_recipient" else fate
    return EVENTS[chosen]


def _by_recipient(recipient: str) -> Fate:
    local = recipient.partition("@")[0]
    for beginning, fate in _BEGINNINGS.items():
        if local.startswith(beginning):
            return fate
    return "delivered"
