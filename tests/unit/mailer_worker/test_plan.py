"""What a delivery asks for: a mail of one kind, or none."""

import msgspec
import pytest

from mailer_worker.mail import message_id_of
from mailer_worker.plan import Send, Skip, plan, written
from shared import events
from shared.errors import Malformed
from shared.events import ChangeData, ChangeEvent


def status_change(**columns):
    record = {"id": "s-1", "status": "approved"} | columns
    raw = {name: msgspec.Raw(msgspec.json.encode(v)) for name, v in record.items()}
    return events.encode(
        ChangeEvent(
            id="evt_1",
            source="/t",
            type=events.STATUS_CHANGED,
            subject="s-1",
            time="t",
            data=ChangeData(
                operation="UPDATE", submission_id="s-1", artist_id="u-1", record=raw
            ),
        )
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("pending", "pending"),
        ("in-review", "in-review"),
        ("In_Review", "in-review"),
        ("in review ", "in-review"),
        ("approved", "approved"),
        ("accepted", "approved"),
        ("rejected", "rejected"),
    ],
)
def test_each_status_has_its_mail(status, kind):
    assert plan(status_change(status=status)).kind == kind


@pytest.mark.parametrize("status", ["archived", None, ""])
def test_status_without_a_mail_is_skipped_with_the_reason(status):
    planned = plan(status_change(status=status))

    assert isinstance(planned, Skip)
    assert repr(status) in planned.reason


def test_reason_tells_of_a_status_no_more_than_its_beginning_and_no_address():
    planned = plan(status_change(status="ask ada@a.test " * 1_000))

    assert isinstance(planned, Skip)
    assert "ada@a.test" not in planned.reason
    assert len(planned.reason) < 300


def test_all_spellings_of_a_status_are_compared_as_one():
    assert {written(s) for s in ("In_Review", "in review", "IN-REVIEW")} == {
        "in-review"
    }


def test_rows_own_address_language_and_feedback_are_taken_along():
    planned = plan(status_change(email="own@x.test", feedback="Great", locale="de"))

    assert isinstance(planned, Send)
    found = (planned.own_email, planned.feedback, planned.locale)
    assert found == ("own@x.test", "Great", "de")


@pytest.mark.parametrize("email", ["", "   ", 5, "a@x.test, b@x.test", "nobody"])
def test_what_is_not_one_address_is_no_address(email):
    assert plan(status_change(email=email)).own_email is None


@pytest.mark.parametrize("body", [b"junk", b"{}", b'{"type":"email.accepted"}'])
def test_poison_is_malformed(body):
    with pytest.raises(Malformed):
        plan(body)


@pytest.mark.parametrize(
    ("event_id", "message_id"),
    [
        ("evt_1", "<evt_1@mg.x>"),
        ("a b>@", "<a=20b=3e=40@mg.x>"),
        ("a\r\nBcc: b", "<a=d=aBcc=3a=20b@mg.x>"),
    ],
)
def test_message_id_is_made_of_the_event_id_and_safe(event_id, message_id):
    assert message_id_of(event_id, "mg.x") == message_id
