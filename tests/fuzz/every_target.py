"""All that is tried, by name."""

from __future__ import annotations

from tests.fuzz.target import Target
from tests.fuzz.targets import (
    answers,
    bus_events,
    links,
    mailgun_webhooks,
    payloads,
    requests,
    signatures,
    socket_messages,
    tokens,
)

TARGETS: dict[str, Target] = {
    each.TARGET.name: each.TARGET
    for each in (
        payloads,
        signatures,
        mailgun_webhooks,
        socket_messages,
        tokens,
        bus_events,
        answers,
        links,
        requests,
    )
}
