"""The relay's loop, with an outbox and a broker that do as the test says."""

import threading

import psycopg
import pytest

from ingest_service.outbox_relay import relay as relay_module
from ingest_service.outbox_relay.outbox import Backlog
from ingest_service.outbox_relay.relay import Relay, Rules
from shared.errors import Nacked
from tests.unit.ingest_service.outbox_relay.test_batch import row

RULES = Rules(table="submissions", max_payload=1000, batch=3, poll=1.0)
NOTHING = Backlog(waiting=0, set_aside=0, oldest_seconds=0.0)


class Stage:
    """Plays claims in turn, then asks the relay to stop."""

    def __init__(self, *claims, refused=(), ready=True):
        self.stopping = threading.Event()
        self.claims = list(claims)
        self.refused = set(refused)
        self.ready = ready
        self.settled = []
        self.published = []
        self.waits = []
        self.opened = 0

    def open(self):
        self.opened += 1
        return self

    def claim(self, *, at_most, max_payload):
        if not self.claims:
            self.stopping.set()
            return []
        claim = self.claims.pop(0)
        if isinstance(claim, Exception):
            raise claim
        return claim

    def settle(self, delivered, aside):
        self.settled.append((list(delivered), sorted(aside)))

    def backlog(self):
        return NOTHING

    def wait(self, seconds, stopping):
        self.waits.append(seconds)

    def close(self):
        pass

    def publish_all(self, messages, *, timeout):
        assert timeout <= relay_module.PUBLISH_DEADLINE
        names = [message.message_id for message in messages]
        self.published += names
        return [Nacked("no") if name in self.refused else None for name in names]


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(relay_module, "BACKOFF_FIRST", 0.0)


def run(stage):
    relay = Relay(open_outbox=stage.open, bus=stage, rules=RULES)
    relay.run(stage.stopping)
    return relay


def event(number, row_key="s-1", **facts):
    return row(number, event_id=f"msg_{number}", row_key=row_key, **facts)


def test_only_what_is_confirmed_is_marked_and_what_follows_it_is_not_sent():
    first = [event(1), event(2, "s-2"), event(3)]
    stage = Stage(first, refused={"msg_1"})

    run(stage)

    assert stage.published == ["msg_1", "msg_2"]
    assert stage.settled[0] == ([2], [])


def test_only_what_is_confirmed_and_marked_is_counted():
    first = [event(1), event(2, "s-2"), event(3, "s-3", payload="[]")]
    stage = Stage(first, psycopg.OperationalError("gone"), refused={"msg_1"})

    relay = run(stage)

    assert (relay.published, relay.set_aside) == (1, 1)


def test_after_a_batch_that_was_not_full_it_waits_for_news():
    stage = Stage([event(1)])

    run(stage)

    assert stage.waits[0] == RULES.poll


def test_after_a_full_batch_it_looks_again_at_once():
    stage = Stage([event(1), event(2), event(3)], [event(4)])

    run(stage)

    assert stage.published == ["msg_1", "msg_2", "msg_3", "msg_4"]
    assert len(stage.waits) == 2


def test_while_another_relay_holds_what_comes_first_it_looks_again_soon():
    stage = Stage(*([event(2, waits=True)] for _ in range(20)))

    run(stage)

    assert stage.published == []
    assert 0 < stage.waits[0] < RULES.poll / 10
    assert max(stage.waits) <= RULES.poll


def test_what_is_set_aside_is_settled_with_the_rest():
    stage = Stage([event(1, payload=None), event(2)])

    run(stage)

    assert stage.settled[0] == ([2], [1])


def test_after_a_fault_of_the_database_it_connects_anew_and_forgets_the_fault():
    stage = Stage(psycopg.OperationalError("gone\nand a row"), [event(1)])

    relay = run(stage)

    assert stage.opened == 2
    assert stage.settled[0] == ([1], [])
    assert relay.fault is None
    assert relay.backlog == NOTHING


def test_while_the_broker_is_away_no_row_is_claimed():
    stage = Stage([event(1)], ready=False)
    threading.Timer(0.05, stage.stopping.set).start()

    run(stage)

    assert len(stage.claims) == 1
    assert stage.settled == []
