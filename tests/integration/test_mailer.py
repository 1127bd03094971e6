"""The mailer with a real broker, a Supabase and a Mailgun that answer over HTTP."""

from __future__ import annotations

import json

import msgspec
import pytest
import requests

from shared import events
from shared.amqp.message import Message
from tests.plugins.mails import (
    behave,
    change,
    dead_letters,
    dribbling_server,
    inbox,
    mails_told,
    publish,
    waiting,
)
from tests.plugins.services import (
    MAILGUN_KEY,
    SERVICE_KEY,
    start_mailer,
    start_supabase,
    until,
)
from tests.plugins.sockets import users_id

ADA = "ada@melotech.test"


@pytest.fixture(scope="module")
def supabase(start_for_module, tmp_path_factory):
    return start_supabase(start_for_module, tmp_path_factory.mktemp("supabase"))


@pytest.fixture
def ada(supabase):
    """The artist's id; the row has the address that Auth has, after the test too."""
    ada = users_id(supabase, ADA)[0]
    yield ada
    set_address(supabase, ada, ADA)


def set_address(supabase, user, address):
    answer = requests.patch(
        f"{supabase.url}/rest/v1/users",
        params={"id": f"eq.{user}"},
        headers={"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"},
        json={"email": address},
        timeout=5,
    )
    assert answer.status_code < 300


def test_artist_gets_one_mail_and_the_admins_are_told(
    mailer, mailgun, bus, bus_url, ada
):
    publish(bus, change(1, userid=ada, feedback="Great <b>bass</b>"))

    mail = until(lambda: inbox(mailgun))[0]

    assert mail["to"] == "ada@melotech.test"
    assert "T" in mail["subject"]
    assert "Great <b>bass</b>" in mail["text"]
    assert "Great &lt;b&gt;bass&lt;/b&gt;" in mail["html"]
    assert mail["variables"]["event_id"] == "evt_1"
    assert "evt_1" in json.dumps(mail["headers"])
    assert mail["tags"] == ["status-approved"]
    told = until(lambda: mails_told(bus_url))[0]
    assert told.type == "email.accepted"
    assert told.data.submission_id == "s-1"
    assert told.data.recipient == "a***@melotech.test"


@pytest.mark.parametrize("status", ["pending", "in-review", "accepted", "rejected"])
def test_each_status_has_its_mail(mailer, mailgun, bus, ada, status):
    publish(bus, change(1, userid=ada, status=status))

    assert until(lambda: inbox(mailgun))[0]["html"]


def test_rows_own_address_wins(mailer, mailgun, bus, ada):
    publish(bus, change(1, userid=ada, email="own@artist.test"))

    assert until(lambda: inbox(mailgun))[0]["to"] == "own@artist.test"


def test_artist_without_an_address_in_users_is_found_in_auth(
    mailer, mailgun, bus, supabase, ada
):
    set_address(supabase, ada, None)
    publish(bus, change(1, userid=ada))

    assert until(lambda: inbox(mailgun))[0]["to"] == "ada@melotech.test"


def test_users_row_cannot_name_several_recipients(mailer, mailgun, bus, supabase, ada):
    set_address(supabase, ada, "eve@x.test, mallory@x.test")
    publish(bus, change(1, userid=ada))

    assert until(lambda: inbox(mailgun))[0]["to"] == "ada@melotech.test"


def test_status_without_a_mail_is_skipped_and_told(mailer, mailgun, bus, bus_url, ada):
    publish(bus, change(1, userid=ada, status="archived"))

    told = until(lambda: mails_told(bus_url))[0]

    assert told.type == "email.skipped"
    assert "archived" in told.data.reason
    assert inbox(mailgun) == []


@pytest.mark.parametrize(
    "trouble",
    [
        {"mode": "status", "status": 500, "times": 1},
        {"mode": "status", "status": 429, "times": 1},
        {"mode": "status", "status": 401, "times": 1},
        {"mode": "drop", "times": 1},
    ],
)
def test_passing_trouble_is_tried_again_and_ends_in_one_mail(
    mailer, mailgun, bus, bus_url, ada, trouble
):
    behave(mailgun, **trouble)
    publish(bus, change(1, userid=ada))

    until(lambda: inbox(mailgun))

    until(lambda: mails_told(bus_url))
    assert len(inbox(mailgun)) == 1
    assert dead_letters(bus_url) == []


def test_mail_that_can_never_be_sent_is_a_dead_letter_with_its_reason(
    mailer, mailgun, bus, bus_url, ada
):
    behave(mailgun, mode="status", status=400, times=1)
    publish(bus, change(1, userid=ada))

    headers, body = until(lambda: dead_letters(bus_url))[0]

    assert "400" in headers["x-melotech-reason"]
    assert headers["x-melotech-attempt"] == 1
    assert events.decode(body).id == "evt_1"
    told = until(lambda: mails_told(bus_url))[0]
    assert told.type == "email.failed"
    assert "400" in told.data.reason


def test_artist_whom_nobody_knows_is_a_dead_letter_with_its_reason(
    mailer, bus, bus_url
):
    publish(bus, change(1, userid="00000000-0000-4000-8000-00000000dead"))

    headers, _ = until(lambda: dead_letters(bus_url))[0]

    assert "no mail address" in headers["x-melotech-reason"]


def test_poison_does_not_stop_the_line(mailer, mailgun, bus, bus_url, ada):
    record = b'{"id":"s","status":"approv\xffed"}'
    half = events.encode(change(9, userid=ada)).partition(b'"record":')[0]
    bad_text = half + b'"record":' + record + b',"old_record":null}}'
    poison = (b"\xff\xfe not json", b'{"type":"email.accepted"}', bad_text)
    for body in poison:
        bus.publish(
            Message(body=body, message_id="p", routing_key="submission.status-changed"),
            timeout=10,
        )
    publish(bus, change(1, userid=ada))

    assert until(lambda: inbox(mailgun))
    found = []
    until(lambda: found.extend(dead_letters(bus_url)) or len(found) == 3)
    assert all(headers["x-melotech-reason"] for headers, _ in found)


def test_supabase_that_is_away_delays_the_mail_and_loses_it_not(
    start, bus, bus_url, supabase, mailgun, ada
):
    supabase.kill()
    mailer = start_mailer(start, bus_url, supabase.url, mailgun.url)
    publish(bus, change(1, userid=ada))
    until(lambda: "retried" in mailer.output())
    supabase.start()

    assert until(lambda: inbox(mailgun))[0]["to"] == "ada@melotech.test"


def test_wrong_key_makes_the_mailer_unhealthy_until_it_is_mended(
    start, mailer, mailgun, bus, ada
):
    behave(mailgun, mode="status", status=401, times=1)
    publish(bus, change(1, userid=ada))

    def health():
        return requests.get(f"{mailer.url}/health", timeout=5)

    until(lambda: health().status_code == 503)
    assert "401" in health().json()["reason"]
    until(lambda: inbox(mailgun))
    assert until(lambda: health().status_code == 200)


def test_mails_of_one_submission_keep_their_order(mailer, mailgun, bus, ada):
    statuses = ["in-review", "approved", "rejected", "pending"] * 3
    for number, status in enumerate(statuses):
        event = msgspec.structs.replace(
            change(0, userid=ada, status=status), id=f"evt_{number}"
        )
        publish(bus, event)

    mails = until(lambda: len(inbox(mailgun)) == len(statuses) and inbox(mailgun))

    assert [m["variables"]["event_id"] for m in mails] == [
        f"evt_{n}" for n in range(len(statuses))
    ]


def test_sigterm_finishes_the_calls_under_way_and_leaves_nothing_to_send_twice(
    mailer, mailgun, bus, bus_url, ada
):
    behave(mailgun, mode="hang", seconds=1, times=5)
    for number in range(5):
        publish(bus, change(number, userid=ada))

    def all_under_way():
        switches = requests.get(f"{mailgun.url}/api/behaviour", timeout=5).json()
        return switches["mode"] == "ok"

    until(all_under_way)

    assert mailer.stop() == 0
    assert len(inbox(mailgun)) == 5
    assert waiting(bus_url) == 0
    assert len(mails_told(bus_url)) == 5


def test_mailgun_that_dribbles_is_not_waited_for_without_end(
    start, bus, bus_url, supabase, ada
):
    with dribbling_server() as url:
        mailer = start_mailer(
            start, bus_url, supabase.url, url, MAILGUN_TIMEOUT_SECONDS="1"
        )
        publish(bus, change(1, userid=ada))

        until(lambda: "retried" in mailer.output())
        assert mailer.stop() == 0


def test_mail_that_asked_nobody_does_not_make_a_refused_mailer_healthy(
    mailer, mailgun, bus, bus_url, ada
):
    behave(mailgun, mode="status", status=401)
    publish(bus, change(1, userid=ada))

    def health():
        return requests.get(f"{mailer.url}/health", timeout=5).status_code

    until(lambda: health() == 503)
    publish(bus, change(2, userid=ada, status="archived"))
    until(lambda: mails_told(bus_url))

    assert health() == 503


def test_no_address_no_key_and_no_content_is_logged(mailer, mailgun, bus, ada):
    publish(bus, change(1, userid=ada, title="a title of a track"))
    until(lambda: inbox(mailgun))
    mailer.stop()
    told = mailer.output()

    assert "delivery.settled" in told
    for hidden in ("ada@melotech.test", MAILGUN_KEY, SERVICE_KEY, "a title of a track"):
        assert hidden not in told
    for line in told.splitlines():
        json.loads(line)


def test_template_that_fails_for_one_mail_pauses_the_mailer_and_tells_why(
    start, bus, bus_url, supabase, mailgun, ada, tmp_path
):
    folder = tmp_path / "templates" / "approved"
    folder.mkdir(parents=True)
    fails = "{% if 'bad' in feedback|string %}{{ nowhere }}{% endif %}Dear artist"
    (folder / "text.txt").write_text(fails)
    mailer = start_mailer(
        start,
        bus_url,
        supabase.url,
        mailgun.url,
        MAIL_TEMPLATES_DIR=str(folder.parent),
    )
    publish(bus, change(1, userid=ada, feedback="bad"))

    def health():
        return requests.get(f"{mailer.url}/health", timeout=5)

    until(lambda: health().status_code == 503)
    assert "approved/text.txt" in health().json()["reason"]
    publish(bus, change(2, userid=ada, feedback="good"))
    mails = until(lambda: inbox(mailgun), timeout=40)

    assert [mail["variables"]["event_id"] for mail in mails] == ["evt_2"]
    assert mailer.output().count('"held"') < 10
    assert dead_letters(bus_url) == []


def test_refused_mailer_keeps_the_order_of_changes_that_have_no_version(
    start, bus, bus_url, supabase, mailgun, ada
):
    first = change(2, userid=ada, status="approved")
    second = msgspec.structs.replace(
        change(2, userid=ada, status="rejected"), id="evt_3"
    )
    for event in (change(1, userid=ada), first, second):
        publish(bus, event)
    behave(mailgun, mode="status", status=401, times=1)
    # Two in hand: the first is refused, the second goes back behind the third.
    start_mailer(start, bus_url, supabase.url, mailgun.url, MAILER_SENDERS="1")

    until(lambda: len(inbox(mailgun)) >= 2 and not waiting(bus_url), timeout=40)
    mails = [mail["variables"]["event_id"] for mail in inbox(mailgun)]
    assert [event_id for event_id in mails if event_id != "evt_1"][-1] == "evt_3"
