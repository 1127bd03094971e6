"""The gate: nothing is taken while a peer refuses us, then one now and then."""

import pytest

from mailer_worker.gate import FIRST_PAUSE, LONGEST_PAUSE, Gate, pause_after

PREFETCH = 16


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now

    def pass_by(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def taken():
    """What the gate has asked for so far."""
    return []


@pytest.fixture
def gate(clock, taken):
    return Gate(taken.append, prefetch=PREFETCH, clock=clock)


def test_open_gate_lets_everything_through(gate, taken):
    gate.tick()
    gate.proved("Mailgun")

    assert (gate.is_shut, gate.trouble, taken) == (False, None, [])


def test_refusal_shuts_it_and_says_why(gate, taken):
    gate.shut("Mailgun", "Mailgun answered 401")

    assert (gate.is_shut, gate.trouble) == (True, "Mailgun answered 401")
    assert taken == [0]


def test_refusals_of_what_was_under_way_count_once(gate, clock, taken):
    for _ in range(PREFETCH):
        gate.shut("Mailgun", "401")
    clock.pass_by(FIRST_PAUSE)
    gate.tick()

    assert taken == [0, 1]


def test_one_is_taken_for_a_probe_after_the_pause_and_no_sooner(gate, clock, taken):
    gate.shut("Mailgun", "401")
    clock.pass_by(FIRST_PAUSE - 0.1)
    gate.tick()
    assert taken == [0]

    clock.pass_by(0.1)
    gate.tick()
    gate.tick()

    assert taken == [0, 1]
    assert (gate.is_shut, gate.trouble) == (False, "401")


def test_good_answer_to_the_probe_opens_it(gate, clock, taken):
    gate.shut("Mailgun", "401")
    clock.pass_by(FIRST_PAUSE)
    gate.tick()
    gate.proved("Mailgun")

    assert taken == [0, 1, PREFETCH]
    assert (gate.is_shut, gate.trouble) == (False, None)


def test_refused_probe_shuts_it_for_twice_as_long(gate, clock, taken):
    gate.shut("Mailgun", "401")
    clock.pass_by(FIRST_PAUSE)
    gate.tick()
    gate.shut("Mailgun", "403")
    clock.pass_by(2 * FIRST_PAUSE - 0.1)
    gate.tick()
    assert taken == [0, 1, 0]

    clock.pass_by(0.1)
    gate.tick()

    assert taken == [0, 1, 0, 1]
    assert gate.trouble == "403"


def test_pauses_grow_to_five_minutes_and_begin_anew_after_good_times(gate, clock):
    assert [pause_after(n) for n in (1, 2, 3, 7, 10**6)] == [
        FIRST_PAUSE,
        2 * FIRST_PAUSE,
        4 * FIRST_PAUSE,
        LONGEST_PAUSE,
        LONGEST_PAUSE,
    ]
    for _ in range(5):
        gate.shut("Mailgun", "401")
        clock.pass_by(LONGEST_PAUSE)
        gate.tick()
    gate.proved("Mailgun")
    gate.shut("Mailgun", "401")
    clock.pass_by(FIRST_PAUSE)
    gate.tick()

    assert not gate.is_shut


def test_answer_to_what_was_asked_before_the_refusal_proves_nothing(gate, taken):
    gate.shut("Mailgun", "401")
    gate.proved("Mailgun")

    assert (gate.is_shut, gate.trouble, taken) == (True, "401", [0])


def test_answer_of_another_peer_proves_nothing(gate, clock, taken):
    gate.shut("Mailgun", "401")
    clock.pass_by(FIRST_PAUSE)
    gate.tick()
    gate.proved("ledger")

    assert (gate.trouble, taken) == ("401", [0, 1])


def test_it_opens_when_the_last_of_several_troubles_is_over(gate, clock, taken):
    gate.shut("Mailgun", "401")
    gate.shut("ledger", "locked")
    clock.pass_by(FIRST_PAUSE)
    gate.tick()
    gate.proved("ledger")
    assert (gate.trouble, taken) == ("401", [0, 1])

    gate.proved("Mailgun")

    assert (gate.trouble, taken) == (None, [0, 1, PREFETCH])
