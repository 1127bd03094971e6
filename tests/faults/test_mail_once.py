"""kill -9 at every step of a mail's way: each change has its mail, none has two."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.plugins.kill_points.sitecustomize import STEPS
from tests.plugins.ledgers import (
    IMPATIENT,
    NO_SUPABASE,
    depths,
    mailed,
    postgres_ledger,
    states,
)
from tests.plugins.mails import behave, mails_told, waiting
from tests.plugins.services import ROOT, start_mailer, until
from tests.plugins.turns import publish_all, some_changes

KILL_POINTS = str(ROOT / "tests" / "plugins" / "kill_points")
#: Of each test its own: every step is cut off at another of its calls.
SEED, OTHER_SEED = 20261123, 20261124

#: What Mailgun does meanwhile: a mail that it has or has not, and nobody is told.
TROUBLES = [
    {"mode": "accept_then_drop", "times": 2},
    {"mode": "half", "times": 2},
    {"mode": "hang", "seconds": 3, "times": 2},
    {"mode": "garbage", "times": 2},
    {"mode": "accept_then_hang", "seconds": 3, "times": 2},
    {"mode": "drop", "times": 2},
]
#: These steps are taken only when it is so.
NEEDED = {
    "doubted": {"mode": "accept_then_drop", "times": 4},
    "released": {"mode": "status", "status": 503, "times": 4},
}

NOT_YET = "not yet started"

#: Whoever believes too early that a mail is not there sends it twice.
LATE_LOG = {"events_lag_seconds": 0.7}
#: So many calls there surely are of the steps that few mails take, or many at once.
MOST_CALLS = {"doubted": 3, "released": 3, "publish": 2, "ack": 2}


@pytest.fixture
def mailer_of(start, bus_url, mailgun):
    def make(ledger):
        return start_mailer(
            start,
            bus_url,
            NO_SUPABASE,
            mailgun.url,
            **IMPATIENT,
            MAILER_DATABASE_URL=ledger,
            PYTHONPATH=KILL_POINTS,
        )

    return make


def killings(dice):
    """Return every step with a moment and the number of the call, as KILL_AT."""
    # What is refused waits longest, so it comes first.
    steps = sorted(STEPS, key=lambda step: step != "released")
    for step, moment in itertools.product(steps, ("before", "after")):
        yield step, f"{step}:{moment}:{dice.randint(1, MOST_CALLS.get(step, 5))}"


def shares(everything, count):
    """Return the list in `count` parts of about the same length."""
    ends = [len(everything) * n // count for n in range(count + 1)]
    return [everything[a:b] for a, b in itertools.pairwise(ends)]


def assert_one_mail_each(changes, bus_url, mailgun, ledger):
    """Fail unless each change has one mail, and everyone knows of it."""
    ids = {event.id for event in changes}
    until(lambda: set(mailed(mailgun)) == ids, timeout=60)
    until(lambda: not depths(bus_url), timeout=60)
    known = states(ledger, [event.subject for event in changes])
    assert {i: s for i, s in known.items() if s != "accepted"} == {}
    assert known.keys() == ids
    assert sorted(mailed(mailgun)) == sorted(ids)
    told = {event.id: event for event in mails_told(bus_url)}.values()
    accepted = [e.data.cause for e in told if e.type == "email.accepted"]
    assert sorted(accepted) == sorted(ids)
    assert {e.type for e in told} <= {"email.accepted", "email.uncertain"}


def start_again(mailer, step, at):
    """Start it, to be killed at that point unless it is None; return the step."""
    mailer.kill()
    mailer.environ.pop("KILL_AT", None)
    if at:
        mailer.environ["KILL_AT"] = at
    mailer.start(wait=False)
    return step


def killed_at(mailer):
    """Return the points that the mailer was killed at so far."""
    lines = mailer.output().splitlines()
    told = "killed at "
    return [line.removeprefix(told) for line in lines if line.startswith(told)]


@pytest.mark.timeout(180)
def test_mailer_killed_at_every_step_sends_one_mail_for_each_of_500_changes(
    mailer_of, bus, bus_url, mailgun, tmp_path
):
    ledger = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    changes = some_changes(500)
    mailer = mailer_of(ledger)
    mailer.kill()
    points = list(killings(random.Random(SEED)))
    troubles = itertools.cycle(TROUBLES)

    for (step, at), share in zip(points, shares(changes, len(points)), strict=True):
        behave(mailgun, **LATE_LOG, **(NEEDED.get(step) or next(troubles)))
        publish_all(bus, share)
        mailer.environ["KILL_AT"] = at
        mailer.start(wait=False)
        until(lambda: not mailer.running, timeout=30)
        mailer.kill()
    del mailer.environ["KILL_AT"]
    behave(mailgun, **LATE_LOG)
    mailer.start()

    assert_one_mail_each(changes, bus_url, mailgun, ledger)
    assert killed_at(mailer) == [at for _, at in points]


@pytest.mark.timeout(180)
def test_two_mailers_on_one_ledger_killed_in_turn_send_one_mail_for_each_change(
    mailer_of, bus, bus_url, mailgun, postgres
):
    ledger = postgres_ledger(postgres)
    mailers = [mailer_of(ledger), mailer_of(ledger)]
    points = list(killings(random.Random(OTHER_SEED)))
    left = [iter(points[0::2]), iter(points[1::2])]
    troubles = itertools.cycle(TROUBLES)
    supply = iter(shares(some_changes(1_000), 200))
    changes = []

    for mailer in mailers:
        mailer.kill()
    steps = [NOT_YET, NOT_YET]
    while any(steps):
        for number, mailer in enumerate(mailers):
            if not mailer.running:
                steps[number] = start_again(mailer, *next(left[number], (None, None)))
        for mailer in mailers:
            until(lambda m=mailer: not m.running or m.is_ready(), timeout=30)
        needed = [NEEDED[step] for step in steps if step in NEEDED]
        behave(mailgun, **LATE_LOG, **next(iter(needed), next(troubles)))
        # Where one is killed, the other takes its share of them.
        changes += (share := next(supply))
        publish_all(bus, share)
        until(
            lambda: not all(m.running for m in mailers) or not waiting(bus_url),
            timeout=30,
        )
    behave(mailgun, **LATE_LOG)

    assert_one_mail_each(changes, bus_url, mailgun, ledger)
    assert sorted(at for m in mailers for at in killed_at(m)) == sorted(
        at for _, at in points
    )
