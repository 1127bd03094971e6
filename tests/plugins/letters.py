"""Dead letters, as the mailer writes them, and what is listed of them."""

from __future__ import annotations

import time

import pika

from mailer_worker.settlement import (
    ATTEMPT_HEADER,
    DEAD_AT_HEADER,
    REASON_HEADER,
    STATUS_HEADER,
)
from shared import events
from tests.plugins.mails import change

HOUR = 3600


def letter(number, *, reason="Mailgun said 400: bad", status=400, age=60, **columns):
    """Return the properties and the body of one that is `age` seconds old."""
    body = events.encode(change(number, userid="u-1", **columns))
    headers = {
        ATTEMPT_HEADER: 3,
        REASON_HEADER: reason,
        STATUS_HEADER: status,
        DEAD_AT_HEADER: int(time.time()) - age,
        "x-kept": f"n{number}",
    }
    properties = pika.BasicProperties(
        message_id=f"evt_{number}",
        content_type=events.CONTENT_TYPE,
        delivery_mode=2,
        headers=headers,
        correlation_id="c",
        timestamp=1_700_000_000,
        app_id="a",
    )
    return properties, body


def ids(found):
    """Return the ids of the events of such pairs."""
    return [properties.message_id for properties, _ in found]


def listed(operator, *filters):
    """Return the ids that the operator's `list` tells with these options."""
    answer = operator.run("dead-letters", "list", "--json", *filters)
    return [each["event_id"] for each in answer.json]
