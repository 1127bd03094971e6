"""What Mailgun's answers mean, of mails and of its log."""

import json
from datetime import UTC, datetime

import pytest

from mailer_worker.mailgun.answers import NOT_FOUND_ATTEMPTS, failure_of, id_in
from mailer_worker.mailgun.log import Absent, CannotTell, Found, read
from mailer_worker.settlement import DeadLetter, Retry, after
from shared.errors import Misconfigured, Permanent, Transient, Uncertain

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def meaning(status, text="text", retry_after=None):
    return failure_of(status, text, retry_after, now=NOW)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (103, Uncertain),
        (204, Uncertain),
        (301, Transient),
        (400, Permanent),
        (401, Misconfigured),
        (402, Misconfigured),
        (403, Misconfigured),
        (404, Transient),
        (407, Misconfigured),
        (408, Transient),
        (413, Permanent),
        (429, Transient),
        (500, Transient),
        (503, Transient),
        (599, Transient),
    ],
)
def test_each_answer_has_its_meaning(status, kind):
    assert type(meaning(status)) is kind


@pytest.mark.parametrize(
    "text",
    [
        "domain mg.x is not allowed to send: unverified",
        "Domain mg.x is not allowed to send: The domain is unverified",
        "Please activate your Mailgun account. Check your inbox",
        "The account is disabled",
    ],
)
def test_400_that_speaks_of_the_account_is_the_operators(text):
    error = meaning(400, json.dumps({"message": text}))

    assert isinstance(error, Misconfigured)
    assert error.peer == "Mailgun"
    assert text[:20] in str(error)


@pytest.mark.parametrize(
    "text",
    ["to parameter is not a valid address", "'from' parameter is missing", "", "\0"],
)
def test_400_that_speaks_of_the_mail_is_the_mails(text):
    assert isinstance(meaning(400, text), Permanent)


def test_domain_that_is_not_found_is_tried_for_minutes_and_then_given_up():
    error = meaning(404, '{"message": "Domain not found: mg.x"}')

    steps = [after(error, attempt) for attempt in range(1, NOT_FOUND_ATTEMPTS + 1)]

    assert [type(step) for step in steps] == [Retry, Retry, Retry, DeadLetter]
    waits = [step.wait.delay.total_seconds() for step in steps[:-1]]
    assert waits == [5, 30, 120]
    assert "Domain not found" in steps[-1].reason


@pytest.mark.parametrize(
    ("text", "header", "seconds"),
    [
        ("try again after Mon, 23 Nov 2026 12:01:30 GMT", None, 90),
        ("try again after Mon, 23 Nov 2026 11:00:00 GMT", None, 0),
        ("", "7", 7),
        ("", "9" * 40, 999_999_999),
        ("", "-7", None),
        ("", "soon", None),
        ("", "\u0663", None),
        ("try again after soon GMT", None, None),
        ("try again after 01 Jan 2026 00:00:00 -0000 GMT", None, None),
        (f"try again after 01 Jan {'9' * 20} 00:00:00 GMT", None, None),
        (f"try again after 01 Jan 2026 00:00:00 +{'9' * 20} GMT", None, None),
    ],
)
def test_too_many_requests_says_when_to_come_back(text, header, seconds):
    assert meaning(429, text, header).retry_after == seconds


def test_server_that_is_busy_says_when_to_come_back():
    assert meaning(503, "", "30").retry_after == 30


def test_reason_carries_no_mail_address():
    error = meaning(400, "to 'ada@x.test' is not valid")

    assert "ada@x.test" not in str(error)
    assert "is not valid" in str(error)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"message": "\\ud800"}', '{"message": 5}', "x" * 10**6, "a\0b"],
)
def test_text_of_any_kind_becomes_a_short_reason_that_the_bus_can_carry(text):
    reason = str(meaning(500, text))

    assert len(reason) < 400
    assert reason.encode()


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"id": "<1@mg.x>", "message": "Queued."}', "<1@mg.x>"),
        (b'{"id": 5}', None),
        (b"[]", None),
        (b'{"id": "<1@', None),
        (b"\xff\x00<html>", None),
        (b"", None),
        (b"[" * 100_000, None),
    ],
)
def test_id_of_a_queued_mail_is_found_where_there_is_one(body, found):
    assert id_in(body) == found


def page(*ids):
    items = [
        {"event": "accepted", "message": {"headers": {"message-id": i}}} for i in ids
    ]
    return json.dumps({"items": items, "paging": {}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, page("evt_1@mg.x"), Found),
        (200, page("other@mg.x", "evt_1@mg.x"), Found),
        (200, page(), Absent),
        (200, page("other@mg.x"), Absent),
        (200, b"{}", CannotTell),
        (200, b'{"items": [{}]}', CannotTell),
        (200, b"\xff", CannotTell),
        (200, page("evt_1@mg.x").replace(b"evt", b"\xff"), CannotTell),
        (200, b"", CannotTell),
        (200, b"[" * 100_000, CannotTell),
        (403, b"Forbidden", CannotTell),
        (404, page("evt_1@mg.x"), CannotTell),
        (500, b"", CannotTell),
    ],
)
def test_log_has_the_mail_or_has_it_not_or_says_nothing(status, body, kind):
    assert type(read(status, body, "evt_1@mg.x")) is kind
