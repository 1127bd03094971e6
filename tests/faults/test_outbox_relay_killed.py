"""Relays, the broker and the database end in mid-work: no change is lost or turned."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter, defaultdict

import pytest

from tests.plugins.changes import read_events, read_stream
from tests.plugins.outbox import Outbox, change, start_relay
from tests.plugins.senders import until_streams_are_kept
from tests.plugins.services import until

ROWS = 50
CHANGES, KILLS = 1_200, 12
WRITERS, PAUSE = 4, 0.02
#: Held while a relay must not get to mark what it has published.
LOCK = 4711

HOLD_MARKS = f"""
create or replace function melotech.hold() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared({LOCK});
    return new;
end $$;
create or replace trigger hold before update on melotech.webhook_outbox
    for each row execute function melotech.hold();
"""


@pytest.fixture
def outbox(postgres):
    return Outbox(postgres)


class Writers:
    """Several writers that change the same rows, until told to stop."""

    def __init__(self, outbox):
        self._outbox = outbox
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=[number])
            for number in range(WRITERS)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number):
        chosen = random.Random(number)
        with self._outbox.connect() as connection:
            while not self._stop.wait(PAUSE):
                change(connection, f"s-{chosen.randrange(ROWS)}")


def delivered(outbox):
    """Return how many events are marked."""
    query = "select count(delivered_at) from melotech.webhook_outbox"
    return outbox.ask(query)[0][0]


def wait_for_more(outbox, number):
    """Wait until so many more events are marked."""
    goal = delivered(outbox) + number
    until(lambda: delivered(outbox) >= goal, timeout=60)


def assert_all_in_order(outbox, bus_url):
    """Check that nothing is lost, and each row's first appearances are in order."""
    written = defaultdict(list)
    for name, row in outbox.ask(
        "select event_id, row_key from melotech.webhook_outbox order by sequence"
    ):
        written[row].append(name)
    seen = defaultdict(list)
    told = set()
    for event in read_events(bus_url):
        if event.id not in told:
            seen[event.subject].append(event.id)
        told.add(event.id)
    assert seen == written


def test_nothing_is_lost_or_turned_while_three_relays_are_killed_again_and_again(
    start, bus_url, outbox
):
    relays = [start_relay(start, bus_url, outbox) for _ in range(3)]

    with Writers(outbox):
        for victim in itertools.islice(itertools.cycle(relays), KILLS):
            wait_for_more(outbox, CHANGES // KILLS)
            victim.kill()
            victim.start(wait=False)

    until(lambda: outbox.undelivered() == [], timeout=60)
    assert delivered(outbox) >= CHANGES
    assert_all_in_order(outbox, bus_url)


def test_broker_that_dies_and_comes_back_gets_everything_in_order(
    start, private_broker, outbox
):
    start_relay(start, private_broker.url, outbox)
    first = outbox.change()
    until(lambda: outbox.undelivered() == [])
    until_streams_are_kept()

    with Writers(outbox):
        for _ in range(2):
            wait_for_more(outbox, 50)
            private_broker.kill()
            late = outbox.change("s-late")
            private_broker.start()
            until(lambda late=late: late not in outbox.undelivered(), timeout=60)

    until(lambda: outbox.undelivered() == [], timeout=60)
    assert read_stream(private_broker.url)[0] == first
    assert_all_in_order(outbox, private_broker.url)


def test_database_that_crashes_is_found_again(start, bus_url, outbox, postgres):
    relay = start_relay(start, bus_url, outbox)
    for _ in range(2):
        outbox.change()
        postgres.restart()
        outbox.change()

    until(lambda: outbox.undelivered() == [], timeout=60)

    assert "outbox.lost" in relay.output()
    relay.wait_ready()
    assert_all_in_order(outbox, bus_url)


@pytest.fixture
def marks_held(outbox):
    """No row can be marked until the connection is closed."""
    outbox.ask(HOLD_MARKS)
    holder = outbox.connect()
    holder.execute("select pg_advisory_lock(%s)", [LOCK])
    yield holder
    holder.close()
    outbox.ask("drop trigger hold on melotech.webhook_outbox")


def test_killed_between_publish_and_mark_it_publishes_the_same_event_once_more(
    start, bus_url, outbox, marks_held
):
    relay = start_relay(start, bus_url, outbox)
    names = [outbox.change("s-1"), outbox.change("s-1"), outbox.change("s-2")]
    until(lambda: set(names) <= set(read_stream(bus_url)))
    relay.kill()
    # Its transaction has to end as well, before what holds it up does.
    gone = "select pg_terminate_backend(pid) from pg_stat_activity" + (
        " where application_name = 'melotech-outbox-relay'"
    )
    until(lambda: not outbox.ask(gone))
    marks_held.close()
    assert outbox.undelivered() == names

    relay.start()

    until(lambda: outbox.undelivered() == [])
    copies = Counter(event.id for event in read_events(bus_url))
    assert min(copies[name] for name in names) >= 2
    assert_all_in_order(outbox, bus_url)
