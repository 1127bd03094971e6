"""Refusals: which decisions count, for whom, and when a 401 becomes a 429."""

from http import HTTPStatus
from ipaddress import ip_network

import pytest

from ingest_service.intake import Ignored, Refused
from ingest_service.refusals import Refusals

WRONG = Refused(status=HTTPStatus.UNAUTHORIZED, detail="no")
EDGE = "10.0.0.1"


def refusals(per_minute=2):
    return Refusals(per_minute=per_minute, trusted=[ip_network("10.0.0.0/8")])


def statuses(counter, times, *, peer=EDGE, forwarded_for="203.0.113.9", now=0.0):
    told = (
        counter.count(WRONG, peer=peer, forwarded_for=forwarded_for, now=now)
        for _ in range(times)
    )
    return [each.status.value for each in told]


def test_minute_s_refusals_may_come_at_once_and_then_one_by_one():
    counter = refusals()

    assert statuses(counter, 3) == [401, 401, 429]
    assert statuses(counter, 2, now=30.0) == [401, 429]


def test_wait_is_told_in_whole_seconds():
    counter = refusals(per_minute=7)
    statuses(counter, 7)

    told = counter.count(WRONG, peer=EDGE, forwarded_for="203.0.113.9", now=0.0)
    assert told.retry_after == 9


@pytest.mark.parametrize(
    "decision",
    [
        Ignored("of no interest"),
        Refused(status=HTTPStatus.BAD_REQUEST, detail="signed, but no JSON"),
    ],
)
def test_what_is_signed_is_never_counted(decision):
    counter = refusals()

    for _ in range(5):
        told = counter.count(decision, peer=EDGE, forwarded_for="", now=0.0)
        assert told is decision
    assert statuses(counter, 2, forwarded_for="") == [401, 401]


def test_address_is_the_one_that_a_trusted_proxy_tells():
    counter = refusals()
    statuses(counter, 3)

    assert statuses(counter, 1, forwarded_for="203.0.113.10") == [401]
    # Whoever is no proxy counts as itself, whatever it writes.
    for number in range(2):
        statuses(counter, 1, peer="203.0.113.1", forwarded_for=f"192.0.2.{number}")
    assert statuses(counter, 1, peer="203.0.113.1", forwarded_for="192.0.2.9") == [429]


@pytest.mark.parametrize("peer", [None, "", "nonsense"])
def test_peer_without_an_address_is_counted_all_the_same(peer):
    assert statuses(refusals(), 3, peer=peer) == [401, 401, 429]
