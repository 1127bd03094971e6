"""Many threads, several mailers, and kill -9: a claim is one worker's, and stays."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from mailer_worker.ledger.ledger import Open
from mailer_worker.ledger.mails import Claim
from mailer_worker.standing import Drop, Due
from tests.plugins.ledgers import a_change, opened, postgres_ledger
from tests.plugins.services import ROOT

THREADS = 16

CLAIM_AND_STAY = """
import sys, threading
from tests.plugins.ledgers import a_change, opened
with opened(sys.argv[1]) as ledger:
    ledger.judge(a_change(), has_waited=True)
    ledger.claim(a_change(), "ada@a.test", "<m@mg.test>")
    print("claimed", flush=True)
    threading.Event().wait()
"""


@pytest.fixture
def second(ledger_url, ledger):
    """Another mailer's view of the same ledger."""
    with opened(ledger_url) as made:
        yield made


def together(count, work):
    """Run `work(number)` in so many threads that begin at the same moment."""
    barrier = threading.Barrier(count)

    def run(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_of_many_who_claim_a_mail_one_has_it(ledger, second):
    ledger.judge(a_change(), has_waited=True)

    found = together(
        THREADS,
        lambda n: (ledger, second)[n % 2].claim(a_change(), "a@a.test", "<m@x>"),
    )

    (mine,) = [each for each in found if isinstance(each, Claim)]
    assert [each for each in found if each is not mine] == [Open(mine)] * (THREADS - 1)


def test_of_many_events_of_one_change_one_is_due(ledger, second):
    found = together(
        THREADS,
        lambda n: (ledger, second)[n % 2].judge(
            a_change(n, told_at=n * 1_000), has_waited=True
        ),
    )

    assert found.count(Due()) == 1
    assert {each.state for each in found if each != Due()} == {"repeated"}


def test_of_many_versions_that_come_at_once_the_newest_is_claimed_last(ledger, second):
    def send(number):
        mine = (ledger, second)[number % 2]
        change = a_change(number, sequence=number)
        mine.judge(change, has_waited=True)
        claimed = mine.claim(change, "a@a.test", f"<{number}@x>")
        while not isinstance(claimed, Claim | Drop):
            claimed = mine.claim(change, "a@a.test", f"<{number}@x>")
        if isinstance(claimed, Drop):
            return None
        mine.accepted(claimed, f"<{number}@x>")
        return number

    sent = [number for number in together(THREADS, send) if number is not None]

    assert sent[-1] == THREADS - 1
    times = {e.event_id: e.mails[0].claimed_at for e in ledger.show("s-1") if e.mails}
    assert [times[f"evt_{n}"] for n in sent] == sorted(times.values())


def test_many_changes_of_many_submissions_all_end_well(ledger, second):
    def send(number):
        mine = (ledger, second)[number % 2]
        for turn in range(5):
            change = a_change(number * 100 + turn, submission=f"s-{number}")
            mine.judge(change, has_waited=True)
            claimed = mine.claim(change, "a@a.test", "<m@x>")
            mine.accepted(claimed, "<1@x>")

    together(THREADS, send)

    for number in range(THREADS):
        entries = ledger.show(f"s-{number}")
        assert [entry.state for entry in entries] == ["accepted"] * 5


def test_claim_of_a_worker_that_was_killed_right_after_it_is_there(ledger_url):
    child = subprocess.Popen(
        [sys.executable, "-c", CLAIM_AND_STAY, ledger_url],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout.readline() == b"claimed\n"
        child.kill()

    with opened(ledger_url) as ledger:
        found = ledger.judge(a_change(), has_waited=True)
        assert isinstance(found, Open)
        assert found.claim.state == "claimed"


def test_database_that_isolates_more_by_default_takes_mails_in_turn_as_any(postgres):
    url = postgres_ledger(postgres)
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        setting = "default_transaction_isolation = 'repeatable read'"
        connection.execute(f'alter database "{name}" set {setting}')

    with opened(url) as ledger:
        ledger.judge(a_change(), has_waited=True)
        found = together(
            THREADS, lambda _: ledger.claim(a_change(), "a@a.test", "<m@x>")
        )

    assert [type(each) for each in found].count(Claim) == 1
