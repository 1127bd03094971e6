"""What happens to a mail, as Mailgun's webhooks and its log of events show it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from email.utils import getaddresses
from typing import Any

from devstack.mailgun.fates import Fate, events_of

#: The `event-data` of a webhook, and an item of the log.
Happening = dict[str, Any]

#: Between two of them, in seconds, so that their times tell their order.
STEP = 0.001


def happenings_of(
    message: Mapping[str, Any], fate: Fate, *, domain: str, now: float
) -> Iterator[Happening]:
    """Yield what happens to each recipient's mail, in order; `now` is Unix time."""
    for _, recipient in getaddresses([message["to"]]):
        for number, facts in enumerate(events_of(fate, recipient)):
            moment = now + number * STEP
            yield happening(message, recipient, facts, domain=domain, moment=moment)


def happening(
    message: Mapping[str, Any],
    recipient: str,
    facts: Mapping[str, Any],
    *,
    domain: str,
    moment: float,
) -> Happening:
    """Return one of them; `facts` as `fates.EVENTS` has them."""
    quoted = json.dumps(recipient)[1:-1]
    told = json.loads(json.dumps(facts).replace("{recipient}", quoted))
    return {
        "id": secrets.token_urlsafe(16),
        "timestamp": moment,
        "account": {"id": "1234567890303a4bd1f33898"},
        "domain": {"name": domain},
        "recipient": recipient,
        "recipient-domain": recipient.rpartition("@")[2],
        "message": {
            "headers": {
                "message-id": message["id"].strip("<>"),
                "from": message["from"],
                "to": message["to"],
                "subject": message["subject"],
            },
            "attachments": [],
            "size": len(message["text"]) + len(message["html"]),
        },
        "flags": {
            "is-authenticated": True,
            "is-test-mode": message["options"].get("testmode") == "yes",
        },
        "tags": message["tags"],
        "user-variables": message["variables"],
        **told,
    }
