"""Mailgun's answers, good days and bad, and an inbox that lasts."""

from __future__ import annotations

import time

import pytest
import requests

from tests.plugins.services import DOMAIN, MAILGUN_KEY, until

FORM = {"from": "M <a@b.test>", "to": "c@d.test", "subject": "S", "text": "T"}


@pytest.fixture(autouse=True)
def empty(mailgun):
    requests.delete(f"{mailgun.url}/api/messages", timeout=5)
    behave(mailgun, mode="ok")


def post(mailgun, *, timeout=5, key=MAILGUN_KEY, **kwargs):
    url = f"{mailgun.url}/v3/{DOMAIN}/messages"
    return requests.post(url, auth=("api", key), timeout=timeout, **kwargs)


def behave(mailgun, **switches):
    url = f"{mailgun.url}/api/behaviour"
    answer = requests.post(url, json=switches, timeout=5)
    assert answer.status_code == 200
    assert requests.get(url, timeout=5).json() == answer.json()
    return answer.json()


def inbox(mailgun):
    return requests.get(f"{mailgun.url}/api/messages", timeout=5).json()


def test_multipart_form_with_an_attachment_is_a_mail_too(mailgun):
    answer = post(mailgun, data=FORM, files={"attachment": ("a.txt", b"\xff\x00")})

    assert answer.status_code == 200
    assert inbox(mailgun)[0]["subject"] == "S"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"\xff=%ff", "application/x-www-form-urlencoded"),
        (b"a=b", "application/x-www-form-urlencoded; charset=nonsense"),
        (b"no boundary", "multipart/form-data"),
        (b"--x\r\ngarbage", "multipart/form-data; boundary=x"),
        (b"--x\r\nA: b\r\n\r\nhello", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
    ],
)
def test_form_that_cannot_be_read_is_a_400_with_a_reason(mailgun, body, content_type):
    answer = post(mailgun, data=body, headers={"Content-Type": content_type})

    assert answer.status_code == 400
    assert answer.json()["message"]


def test_wrong_key_is_forbidden_in_plain_text(mailgun):
    answer = post(mailgun, key="wrong", data=FORM)

    assert (answer.status_code, answer.text) == (401, "Forbidden")
    assert inbox(mailgun) == []


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, '{"message": "Bad Request"}'),
        (401, "Forbidden"),
        (500, '{"message": "Internal Server Error"}'),
        (599, '{"message": "error"}'),
    ],
)
def test_switched_status_is_answered_as_often_as_asked(mailgun, status, text):
    behave(mailgun, mode="status", status=status, times=2)

    answers = [post(mailgun, data=FORM) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, status, 200]
    assert answers[0].text == text
    assert len(inbox(mailgun)) == 1


def test_mail_of_a_client_that_stopped_waiting_is_not_kept(mailgun):
    behave(mailgun, mode="hang", seconds=0.4, times=1)
    with pytest.raises(requests.ReadTimeout):
        post(mailgun, timeout=0.1, data=FORM)
    behave(mailgun, mode="hang", seconds=0.6, times=1)

    assert post(mailgun, data=FORM | {"subject": "patient"}).status_code == 200

    assert [mail["subject"] for mail in inbox(mailgun)] == ["patient"]


@pytest.mark.parametrize(("mode", "kept"), [("drop", 0), ("accept_then_drop", 1)])
def test_cut_connection_keeps_the_mail_or_not_as_asked(mailgun, mode, kept):
    behave(mailgun, mode=mode, times=1)

    with pytest.raises(requests.ConnectionError):
        post(mailgun, data=FORM)

    assert len(inbox(mailgun)) == kept
    assert post(mailgun, data=FORM).status_code == 200


def test_mails_come_in_order_of_arrival_and_outlive_a_restart(mailgun):
    for number in range(5):
        post(mailgun, data=FORM | {"subject": f"<b>{number}</b>"})
    assert mailgun.stop() == 0
    mailgun.start()

    subjects = [mail["subject"] for mail in inbox(mailgun)]

    assert subjects == [f"<b>{number}</b>" for number in range(5)]
    page = requests.get(mailgun.url, timeout=5).text
    assert page.index("&lt;b&gt;4&lt;/b&gt;") < page.index("&lt;b&gt;0&lt;/b&gt;")
    assert "<b>" not in page


def test_mail_that_does_not_exist_is_not_found(mailgun):
    answer = requests.get(f"{mailgun.url}/messages/999999", timeout=5)

    assert answer.status_code == 404


def test_hanging_answer_does_not_hold_up_the_end(mailgun):
    behave(mailgun, mode="hang", seconds=600)
    with pytest.raises(requests.ReadTimeout):
        post(mailgun, timeout=0.1, data=FORM)
    began = time.monotonic()

    assert mailgun.stop() == 0

    assert time.monotonic() - began < 4
    mailgun.start()


def test_log_names_no_address_and_no_key(mailgun):
    post(mailgun, data=FORM)

    until(lambda: "mail.taken" in mailgun.output())

    assert MAILGUN_KEY not in mailgun.output()
    assert "c@d.test" not in mailgun.output()
