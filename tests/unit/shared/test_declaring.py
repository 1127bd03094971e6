"""What a broker's refusal means to who declares, or looks."""

from __future__ import annotations

import pytest
from pika.exceptions import ChannelClosedByBroker, StreamLostError

from shared.amqp import declaring


@pytest.mark.parametrize(
    ("error", "missing"),
    [
        ((404, "NOT_FOUND - no queue 'q' in vhost '/'"), True),
        ((404, "NOT_FOUND - no exchange 'x' in vhost '/'"), True),
        ((404, "NOT_FOUND - queue 'q' in vhost '/' process is stopped"), False),
        ((403, "ACCESS_REFUSED - no queue is yours"), False),
        ((406, "PRECONDITION_FAILED - inequivalent arg"), False),
    ],
)
def test_what_recovers_is_not_what_is_missing(error, missing):
    assert declaring.is_missing(ChannelClosedByBroker(*error)) is missing


def test_a_connection_that_broke_says_nothing_of_rights_or_queues():
    error = StreamLostError("NOT_FOUND - no queue")

    assert not declaring.is_missing(error)
    assert not declaring.is_refused(error)
