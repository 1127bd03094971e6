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
    "suppressed",
    "accepted_only",
    "silent",
]

_ACCEPTED = {"event": "accepted", "log-level": "info", "method": "HTTP"}
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

_SUPPRESSED = {
    "event": "failed",
    "severity": "permanent",
    "reason": "suppress-bounce",
    "log-level": "error",
    "delivery-status": {
        "attempt-no": 1,
        "code": 605,
        "message": "",
        "description": "Not delivering to previously bounced address",
    },
}

EVENTS: Mapping[Fate, Sequence[Mapping[str, Any]]] = {
    "delivered": [_ACCEPTED, _DELIVERED],
    "failed": [_ACCEPTED, _BOUNCED],
    "delayed": [_ACCEPTED, _DELAYED, _DELIVERED],
    "complained": [
        _ACCEPTED,
        _DELIVERED,
        {"event": "complained", "log-level": "warn"},
    ],
    "unsubscribed": [
        _ACCEPTED,
        _DELIVERED,
        {"event": "unsubscribed", "log-level": "warn"},
    ],
    "read": [
        _ACCEPTED,
        _DELIVERED,
        {"event": "opened", "log-level": "info"},
        {"event": "clicked", "log-level": "info", "url": "https://melotech.test/"},
    ],
    "suppressed": [_ACCEPTED, _SUPPRESSED],
    "accepted_only": [_ACCEPTED],
    "silent": [_ACCEPTED],
}

#: How the local part of an address begins that always has this fate.
_BEGINNINGS: Mapping[str, Fate] = {
    "bounce": "failed",
    "delay": "delayed",
    "complain": "complained",
    "unsubscribe": "unsubscribed",
    "read": "read",
    "suppressed": "suppressed",
    "accepted": "accepted_only",
    "silent": "silent",
}


def events_of(fate: Fate, recipient: str) -> Sequence[Mapping[str, Any]]:
    """Return what happens to a mail to the recipient, in order."""
    return EVENTS[_chosen(fate, recipient)]


def is_told(fate: Fate, recipient: str) -> bool:
    """Tell whether webhooks are sent of it; the log of events has it all the same."""
    return _chosen(fate, recipient) != "silent"


def _chosen(fate: Fate, recipient: str) -> Fate:
    if fate != "by_recipient":
        return fate
    local = recipient.partition("@")[0]
    for beginning, own in _BEGINNINGS.items():
        if local.startswith(beginning):
            return own
    return "delivered"
