"""Histories with one wrong each: the oracle finds it, and none where all is well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chaos import oracle
from tests.chaos.history import (
    Entry,
    History,
    Listening,
    Logged,
    Mail,
    Sent,
    Service,
    Visit,
)

GATEWAYS = ("gateway-1", "gateway-2")


def sent(sequence, before, after, *, row="s-1", artist="ada", accepted=True):
    operation = "INSERT" if before is None else "UPDATE"
    return Sent(
        id=f"{row}#{sequence}",
        row=row,
        artist=artist,
        operation=operation,
        sequence=sequence,
        before=before,
        after=after,
        email=f"{row}@a.test",
        way="push",
        accepted=accepted,
    )


#: Of one row: it comes, is put off at once, decided, and rated. Of another: it comes.
CHANGES = [
    sent(1, None, "pending"),
    sent(2, "pending", "in-review"),
    sent(3, "in-review", "approved"),
    sent(1, None, "pending", row="s-2", artist="ben"),
    sent(4, "approved", "approved"),
]
LOG = [
    *(Logged(id=c.id, type="submission.updated", artist=c.artist) for c in CHANGES),
    Logged(id="mail", type="email.accepted", artist=None, cause="s-1#3"),
]
IDS = [event.id for event in LOG]
ADAS = ["s-1#1", "s-1#2", "s-1#3", "s-1#4"]


def visit(*told, since=None, recovered=True, after=None):
    return Visit(
        gateway="gateway-1",
        since=since,
        recovered=recovered,
        after=after or since,
        told=list(told),
    )


def first(*told, after=None):
    return visit(*told, after=after, recovered=False)


def admin(*visits):
    return Listening(name="admin", owner=None, visits=list(visits))


def ada(*visits):
    return Listening(name="ada", owner=frozenset({"ada", "ada's"}), visits=list(visits))


WELL = History(
    sent=CHANGES,
    stream=IDS,
    logs=dict.fromkeys(GATEWAYS, LOG),
    mails=[Mail(cause="s-1#3", to="s-1@a.test")],
    ledger=[
        Entry(id="s-1#2", row="s-1", state="superseded"),
        Entry(id="s-1#3", row="s-1", state="accepted"),
    ],
    listening=[admin(first(*IDS)), ada(first(*ADAS))],
    services=[Service(name="ingest", healthy=True, exit_code=0)],
)


def found(**changed):
    return oracle.faults(replace(WELL, **changed))


def assert_found(text, **changed):
    faults = found(**changed)

    assert any(text in fault for fault in faults), faults


def test_all_is_well():
    assert found() == []


def test_copies_in_the_stream_are_counted_and_no_fault():
    history = replace(WELL, stream=[*IDS, "s-1#2", "s-1#2", "mail"])

    assert oracle.faults(history) == []
    assert oracle.copies(history) == 2


def logs(log):
    return {"logs": {"gateway-1": LOG, "gateway-2": log}}


def test_lost_change_is_found():
    assert_found("not in the log of gateway-2", **logs([LOG[0], *LOG[2:]]))


def test_change_that_the_stream_lost_is_found():
    assert_found("not in the stream", stream=IDS[1:])


def test_lost_change_that_nobody_was_promised_is_no_fault():
    lost = sent(9, None, "pending", row="s-9", accepted=False)

    assert found(sent=[*CHANGES, lost]) == []


def test_change_that_is_twice_in_a_log_is_found():
    assert_found("more than once in the log", **logs([*LOG, LOG[0]]))


def test_log_in_another_order_is_found():
    assert_found("is not the stream", **logs([LOG[1], LOG[0], *LOG[2:]]))


def test_change_that_was_never_sent_is_found():
    made_up = Logged(id="made up", type="submission.updated", artist="ada")

    assert_found("never sent, but in the log", **logs([*LOG, made_up]))


def test_outcome_of_a_mail_about_nothing_is_found():
    made_up = Logged(id="m", type="email.failed", artist=None, cause="made up")

    assert_found("never sent, but in the log", **logs([*LOG, made_up]))


def test_client_that_comes_back_again_and_again_is_well():
    visits = [first(*IDS[:2]), visit(IDS[2], since=IDS[1]), visit(since=IDS[2])]

    assert found(listening=[admin(*visits, visit(*IDS[3:], since=IDS[2]))]) == []


def test_client_that_came_late_is_owed_only_what_followed():
    assert found(listening=[admin(first(*IDS[3:], after=IDS[2]))]) == []


def test_event_that_a_client_was_not_told_is_found():
    assert_found("never told admin", listening=[admin(first(*IDS[:2], *IDS[3:]))])


def test_last_event_that_a_client_was_not_told_is_found():
    assert_found("never told admin", listening=[admin(first(*IDS[:-1]))])


def test_event_that_was_told_again_after_a_return_is_found():
    visits = [first(*IDS[:3]), visit(*IDS[2:], since=IDS[2])]

    assert_found("told admin more than once", listening=[admin(*visits)])


def test_events_that_were_told_in_another_order_are_found():
    turned = [IDS[1], IDS[0], *IDS[2:]]

    assert_found("told admin out of order", listening=[admin(first(*turned))])


def test_event_of_another_artist_is_found():
    told = [*ADAS, "s-2#1"]

    assert_found("not ada's to hear: 1, such as s-2#1", listening=[ada(first(*told))])


def test_mail_that_an_artist_was_told_of_is_found():
    assert_found("not ada's to hear", listening=[ada(first(*ADAS, "mail"))])


def test_client_that_did_not_recover_is_found():
    visits = [first(*IDS[:2]), first(*IDS[3:], after=IDS[2])]
    visits[1].since = IDS[1]

    assert_found("admin was not recovered after s-1#2", listening=[admin(*visits)])


def test_client_that_came_back_before_it_was_told_anything_begins_anew():
    assert found(listening=[admin(first(), first(*IDS[2:], after=IDS[1]))]) == []


def test_client_that_nobody_let_in_is_found():
    assert_found("never welcomed", listening=[admin()])


def test_client_that_was_sent_away_for_good_is_found():
    client = admin(first(*IDS))
    client.refusals.append("4003 by gateway-1")

    assert_found("admin was refused: 4003", listening=[client])


def test_stranger_that_heard_something_is_found():
    assert_found("a foreign socket heard", overheard=["ben in ada's room: welcome"])


def test_second_mail_is_found():
    assert_found("more than one mail: 1, such as s-1#3", mails=WELL.mails * 2)


def test_missing_mail_is_found():
    assert_found("'accepted' and has 0 mails", mails=[])


def test_mail_without_a_change_is_found():
    mails = [*WELL.mails, Mail(cause="made up", to="s-1@a.test")]

    assert_found("a mail without a change", mails=mails)


def test_mail_about_a_change_of_nothing_is_found():
    mails = [*WELL.mails, Mail(cause="s-1#4", to="s-1@a.test")]

    assert_found("a mail without a change", mails=mails)


def test_mail_to_somebody_else_is_found():
    assert_found("to somebody else", mails=[Mail(cause="s-1#3", to="s-2@a.test")])


def test_mail_about_an_older_status_after_a_newer_one_is_found():
    mails = [*WELL.mails, Mail(cause="s-1#2", to="s-1@a.test")]
    ledger = [replace(entry, state="accepted") for entry in WELL.ledger]

    assert_found("mailed after a newer one", mails=mails, ledger=ledger)


def states(second, third):
    return [
        Entry(id="s-1#2", row="s-1", state=second),
        Entry(id="s-1#3", row="s-1", state=third),
    ]


def test_status_change_that_the_mailer_never_heard_of_is_found():
    assert_found("not in the ledger: 1, such as s-1#2", ledger=WELL.ledger[1:])


@pytest.mark.parametrize("state", ["waiting", "uncertain", "failed", "skipped"])
def test_mail_that_was_never_settled_is_found(state):
    ledger = states("superseded", state)

    assert_found(f"has ended as {state!r}", mails=[], ledger=ledger)


def test_last_word_that_was_superseded_is_found():
    ledger = states("superseded", "superseded")

    assert_found("superseded by nothing", mails=[], ledger=ledger)


def test_last_word_that_was_taken_back_though_the_artist_knows_another_is_found():
    ledger = states("superseded", "taken-back")

    assert_found("its artist does not know", mails=[], ledger=ledger)


def test_last_word_that_the_artist_knows_already_needs_no_mail():
    back = [*CHANGES[:2], sent(3, "in-review", "pending"), *CHANGES[3:]]

    assert found(sent=back, mails=[], ledger=states("superseded", "taken-back")) == []


def test_dead_letter_is_found():
    assert_found("a dead letter", dead=["{'x-melotech-reason': '...'}"])


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ({"healthy": False}, "ingest is not healthy"),
        ({"exit_code": -9}, "ingest has ended with -9"),
        ({"traces": ["event: KeyError"]}, "ingest has logged: event: KeyError"),
    ],
)
def test_service_that_did_not_end_well_is_found(what, text):
    services = [replace(WELL.services[0], **what)]

    assert_found(text, services=services)
