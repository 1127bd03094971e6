"""The broker goes away with a thousand mails under way: each goes out exactly once."""

from __future__ import annotations

import pytest

from shared.amqp.publisher import Publisher
from shared.topology import MAILER_QUEUE, TOPOLOGY
from tests.plugins.ledgers import IMPATIENT, NO_SUPABASE, depths, mailed
from tests.plugins.mails import behave, mails_told
from tests.plugins.services import start_mailer, until
from tests.plugins.turns import publish_all, some_changes

CHANGES = 1_000
#: So many mails are out when the broker goes away for the first time, the second...
MOMENTS = [100, 400]


@pytest.fixture
def bus(private_broker):
    publisher = Publisher(private_broker.url, name="test")
    publisher.start()
    until(lambda: publisher.ready, timeout=30)
    yield publisher
    publisher.close()


def sent(mailgun):
    return len(mailed(mailgun))


def test_broker_that_is_restarted_and_killed_costs_no_mail_and_no_second_one(
    start, private_broker, bus, mailgun
):
    quorum = [q.name for q in TOPOLOGY.queues if q.name.startswith("mailer.")]
    private_broker.wait_until_kept(*quorum)
    behave(mailgun, latency_ms=20)
    publish_all(bus, some_changes(CHANGES))
    mailer = start_mailer(
        start, private_broker.url, NO_SUPABASE, mailgun.url, **IMPATIENT
    )

    for moment, end in zip(
        MOMENTS, (private_broker.stop, private_broker.kill), strict=True
    ):
        until(lambda m=moment: sent(mailgun) >= m, timeout=30)
        end()
        until(lambda: not mailer.is_ready())
        private_broker.start()

    until(lambda: sent(mailgun) >= CHANGES, timeout=60)
    until(lambda: not depths(private_broker.url), timeout=30)
    assert sorted(mailed(mailgun)) == sorted(f"evt_{n}" for n in range(CHANGES))
    told = {e.id: e for e in mails_told(private_broker.url)}.values()
    assert {event.type for event in told} == {"email.accepted"}
    assert len(told) == CHANGES
    assert MAILER_QUEUE not in depths(private_broker.url)
