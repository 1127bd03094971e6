"""Mailgun's webhooks: what is signed is understood or refused, and nothing else is.

The input is a whole webhook, and once more the event's part of one that is signed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from http import HTTPStatus
from typing import Any

from ingest_service.mailgun.intake import Accepted, Decision, Ignored, Rules, decide
from shared import events
from shared.events import EmailEvent
from tests.fuzz import words
from tests.fuzz.reading import read
from tests.fuzz.target import Target
from tests.plugins import mailgun_webhooks as made

KEYS = (made.KEY.encode(), b"key of the main account")
RULES = Rules(keys=KEYS, max_age=43_200)
REFUSALS = {HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.SERVICE_UNAVAILABLE}
_ADDRESS = re.compile(r"[\w.]{2,}@[\w.]+", re.ASCII)


def check(data: bytes) -> None:
    """Raise where the wrong is believed, or another error comes."""
    decision = _decide(data)
    if isinstance(decision, Accepted | Ignored) or decision.stamp is not None:
        assert _is_proven(data), "believed without a proof"
    signed = json.dumps(made.signature()).encode()
    body = b'{"signature":' + signed + b',"event-data":' + data + b"}"
    decision = _decide(body)
    if isinstance(decision, Accepted):
        _check_event(read(body)["event-data"], decision.event)


def _decide(body: bytes) -> Decision:
    decision = decide(body, made.JSON, RULES, now=made.NOW)
    if not isinstance(decision, Accepted | Ignored):
        assert decision.status in REFUSALS
        assert decision.detail
    return decision


def _check_event(said: dict[str, Any], event: EmailEvent) -> None:
    assert events.decode(events.encode(event)) == event
    reason, address = event.data.reason or "", said.get("recipient")
    assert len(reason) <= events.MAX_REASON
    if address and _ADDRESS.fullmatch(address):
        # It is nobody's to read on a screen.
        assert address not in reason
        assert address not in str(event.data.recipient)


def _is_proven(data: bytes) -> bool:
    given = read(data)["signature"]
    text = f"{given['timestamp']}{given['token']}".encode()
    macs = [hmac.new(key, text, hashlib.sha256).hexdigest() for key in KEYS]
    shown = (given["signature"], given.get("parent-signature") or "")
    fresh = made.NOW - RULES.max_age <= int(given["timestamp"]) <= made.NOW + 300
    return fresh and any(each.lower() in macs for each in shown)


_HOOKS = [
    made.hook("delivered", recipient="ada@a.test"),
    made.hook("unsubscribed", recipient="ada@a.test"),
    made.hook(
        "failed",
        recipient="Ada.B@xn--bcher-kva.test",
        severity="permanent",
        reason="suppress-bounce",
        **{"delivery-status": {"code": 550, "description": "no ada@a.test here"}},
    ),
    made.hook(
        "failed",
        recipient="ada@a.test",
        severity="temporary",
        reason="no ada@a.test here",
        **{"delivery-status": None},
    ),
    made.hook(
        "opened", signature=made.signature(timestamp=str(int(made.NOW) - 50_000))
    ),
    made.hook("opened", signature=made.signature(timestamp=int(made.NOW) + 400)),
    made.hook("clicked", signature=made.signature(key="x", parent_key=made.KEY)),
]

TARGET = Target(
    name="mailgun_webhooks",
    check=check,
    seeds=[
        *(json.dumps(each).encode() for each in _HOOKS),
        *(json.dumps(each["event-data"]).encode() for each in _HOOKS),
    ],
    words=[
        *words.JSON,
        *(
            b'"permanent"',
            b'"temporary"',
            b'"bounce-type":"hard",',
            b'"reason":"bounce",',
        ),
        *(
            b"@",
            b"a@b",
            "a@bücher.test".encode(),
            b'"event":"failed",',
            b"1e10",
            b"1e-9",
        ),
    ],
)
