"""The operator's `ledger`, `suppressions` and `send`, as processes."""

from __future__ import annotations

import json
import sqlite3

import pytest

from mailer_worker.ledger import database
from mailer_worker.ledger.ledger import Ledger
from mailer_worker.plan import plan
from mailer_worker.settlement import WAITED_HEADER
from mailer_worker.standing import change_of
from shared import events
from shared.addresses import key_of
from shared.amqp.opening import opened
from shared.events import EmailData, EmailEvent
from shared.topology import MAILER_QUEUE
from tests.plugins.mails import change, on_stream
from tests.plugins.operator import Operator, Queue
from tests.plugins.services import until

ADA = "ada@melotech.test"


@pytest.fixture
def address(tmp_path):
    return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"


@pytest.fixture
def book(address):
    opened_database = database.connect(address, threads=1)
    ledger = Ledger(opened_database, settle=0, lease=0)
    yield ledger
    ledger.close()


@pytest.fixture
def operator(address, tmp_path):
    # Nobody is there: what needs no broker must not ask for it.
    return Operator(
        RABBITMQ_URL="amqp://127.0.0.1:1",
        MAILER_DATABASE_URL=address,
        HOME=str(tmp_path),
        TZ="Asia/Tokyo",
    )


def told(outcome, *, cause="evt_1", **facts):
    data = EmailData(
        submission_id="s-1",
        outcome=outcome,
        recipient="a***@melotech.test",
        cause=cause,
        **facts,
    )
    return EmailEvent(
        id=f"{outcome}-{cause}",
        source="/test",
        type=f"email.{outcome}",
        subject="s-1",
        time="2026-11-23T12:00:00+00:00",
        data=data,
    )


def sent(book, event, *, recipient=ADA, mailgun_id="<1@mg>"):
    mine = change_of(event)
    book.judge(mine, has_waited=True)
    claim = book.claim(mine, recipient, "<m@melotech>")
    book.accepted(claim, mailgun_id)


def complained(book):
    book.told(told("complained", suppression="complained", recipient_key=key_of(ADA)))


def test_ledger_shows_each_change_with_its_mails_and_outcomes(book, operator):
    sent(book, change(1, userid="u"))
    book.told(told("delivered", reason=f"250 ok {ADA}"))

    shown = operator.run("ledger", "show", "s-1")

    assert shown.code == 0
    for word in ("evt_1", "approved", "accepted", "a***@melotech.test", "<1@mg>"):
        assert word in shown.out
    assert "delivered" in shown.out
    assert "+09:00" in shown.out
    assert ADA not in shown.out


def test_ledger_is_told_to_scripts_in_utc(book, operator):
    sent(book, change(1, userid="u"))

    (entry,) = operator.run("ledger", "show", "s-1", "--json").json

    assert entry["state"] == "accepted"
    assert entry["seen_at"].endswith("+00:00")
    assert entry["mails"][0]["mailgun_id"] == "<1@mg>"
    assert entry["mails"][0]["recipient"] == "a***@melotech.test"
    assert ADA not in json.dumps(entry)


def test_submission_of_which_nothing_is_known_is_a_sentence_and_exit_1(book, operator):
    shown = operator.run("ledger", "show", "s-9")

    assert shown.code == 1
    assert "knows nothing" in shown.err
    assert shown.out == ""


def test_ledger_that_is_locked_is_a_sentence_and_exit_1(book, operator, tmp_path):
    with sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None) as other:
        other.execute("begin immediate")

        shown = operator.run("ledger", "show", "s-1")

        other.execute("rollback")
    other.close()
    assert shown.code == 1
    assert "ledger cannot be used" in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("name", ["Ada@Melotech.test", key_of(ADA)])
def test_suppressed_address_is_listed_and_gets_mails_again(book, operator, name):
    complained(book)

    (entry,) = operator.run("suppressions", "list", "--json").json
    assert entry["address"] == "a***@melotech.test"
    assert entry["reason"] == "complained"
    assert "complained" in operator.run("suppressions", "list").out
    removed = operator.run("suppressions", "remove", name)

    assert removed.code == 0
    assert "Mailgun" in removed.out
    assert operator.run("suppressions", "list", "--json").json == []
    assert book.all_suppressed(10) == []


def test_address_that_was_not_suppressed_is_said_so(book, operator):
    answer = operator.run("suppressions", "remove", ADA, "--json")

    assert answer.code == 1
    assert json.loads(answer.out)["removed"] is False
    assert "Mailgun's own list" in answer.err


@pytest.fixture
def on_bus(bus_url, operator):
    operator.environ["RABBITMQ_URL"] = bus_url
    with opened(bus_url, name="test"):
        return Queue(bus_url, MAILER_QUEUE)


def test_test_mail_goes_to_the_mailer_alone_and_its_end_is_told(
    bus_url, on_bus, operator, book
):
    command = operator.begin(
        *("send", "--to", ADA, "--status", "approved", "--feedback", "good")
    )
    ((properties, body),) = until(on_bus.take)
    event = events.decode(body)

    assert properties.headers == {WAITED_HEADER: 1}
    assert plan(body).own_email == ADA
    sent(book, event, mailgun_id="<42@mg>")
    out, err = command.communicate(timeout=20)

    assert command.returncode == 0, err
    assert "<42@mg>" in out
    assert event.id in out
    assert on_stream(bus_url) == []


def test_test_mail_that_was_skipped_is_exit_1_with_the_reason(on_bus, operator, book):
    command = operator.begin("send", "--to", ADA, "--status", "rejected", "--json")
    ((_, body),) = until(on_bus.take)

    book.skip(change_of(events.decode(body)), "the address complained")
    out, err = command.communicate(timeout=20)

    assert command.returncode == 1
    assert json.loads(out)["state"] == "skipped"
    assert "the address complained" in err


@pytest.mark.parametrize("ledger_is_there", [True, False])
def test_test_mail_that_no_mailer_takes_is_not_waited_for_without_end(
    on_bus, operator, request, tmp_path, ledger_is_there
):
    if ledger_is_there:
        request.getfixturevalue("book")

    answer = operator.run("send", "--to", ADA, "--status", "approved", "--wait", "0.5")

    assert answer.code == 1
    assert answer.err.startswith("Error: published")
    assert (tmp_path / "ledger.sqlite3").exists() is ledger_is_there
    assert on_bus.count() == 1
