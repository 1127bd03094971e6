"""In which form and language a person, a mail client or a program is answered."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import UTC, datetime
from http import HTTPStatus
from string import Formatter

import pytest
from werkzeug.datastructures import LanguageAccept, MIMEAccept
from werkzeug.http import parse_accept_header

from ingest_service.unsubscribe import answers, html
from ingest_service.unsubscribe.routes import event_of
from ingest_service.unsubscribe.words import LANGUAGES, Sentence
from shared import events
from shared.unsubscribe import Subscription

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def asked(accept="", languages=""):
    return answers.asked(
        parse_accept_header(accept, MIMEAccept),
        parse_accept_header(languages, LanguageAccept),
    )


@pytest.mark.parametrize(
    ("given", "language"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr-CA", "fr"),
        ("es", "es"),
        ("nl,es;q=0.3", "es"),
        ("nl", "en"),
        ("*", "en"),
        ("x" * 2_000, "en"),
        (";q=,,;;=", "en"),
    ],
)
def test_language_is_the_readers_where_we_speak_it(given, language):
    assert asked(languages=given).language == language


@pytest.mark.parametrize(
    ("accept", "form", "wants_page"),
    [
        (BROWSER, "html", True),
        ("", "html", False),
        ("*/*", "html", False),
        ("text/plain", "text", False),
        ("text/plain;q=0.5, text/html;q=0.1", "text", True),
        ("application/json", "html", False),
    ],
)
def test_form_is_what_the_client_reads(accept, form, wants_page):
    wanted = asked(accept)

    assert (wanted.form, wanted.wants_page) == (form, wants_page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_asks_in_one_form_and_runs_nothing(language):
    answer = answers.ask(asked(BROWSER, language), address="<i>a***@x.test")
    page = answer.body.decode()

    assert f'<html lang="{language}">' in page
    assert page.count("<form") == page.count("<button") == 1
    assert 'method="post"' in page
    assert "&lt;i&gt;a***@x.test" in page
    assert "<script" not in page
    assert "http" not in page


def test_policy_lets_exactly_the_pages_style_in():
    page = answers.done(asked(BROWSER), address="a***@x.test").body.decode()
    style = re.search("<style>(.*)</style>", page)[1]

    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in html.POLICY
    assert "default-src 'none'" in html.POLICY


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_there_in_every_language(language):
    words = LANGUAGES[language]
    sentences = [getattr(words, name) for name in ("ask", "done", "bad_link", "later")]

    assert words.button
    for each in sentences:
        assert isinstance(each, Sentence)
        assert each.title
        named = [name for _, name, *_ in Formatter().parse(each.text) if name]
        assert named in ([], ["address"])
    assert "{address}" in words.ask.text
    assert "{address}" in words.done.text


def test_plain_text_is_one_line():
    answer = answers.done(asked("text/plain", "de"), address="a***@x.test")

    assert answer.content_type == answers.TEXT
    text = answer.body.decode()
    assert text == "Wir schicken keine Mails mehr an a***@x.test.\n"


def test_fault_is_a_page_to_a_person_and_a_problem_to_a_program():
    status = HTTPStatus.NOT_FOUND
    page = answers.failed(status, asked(BROWSER, "fr"), "no", request_id="r")
    problem = answers.failed(status, asked("*/*"), "no", request_id="r", retry_after=5)

    assert page.status == problem.status == status
    assert "Ce lien ne fonctionne pas" in page.body.decode()
    assert json.loads(problem.body)["detail"] == "no"
    assert problem.headers["Retry-After"] == "5"
    for each in (page, problem):
        assert each.headers["Cache-Control"] == "no-store"


def test_event_is_the_same_one_however_often_it_is_asked_for():
    subscription = Subscription(
        event_id="msg_03", submission_id="s-1", recipient_key="0f", masked="a***@x.test"
    )
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    first = event_of(subscription, now=now)

    assert first.id == event_of(subscription, now=datetime.now(UTC)).id
    assert first.id == events.derived_id("msg_03", "unsubscribe")
    assert (first.type, first.subject) == ("email.unsubscribed", "s-1")
    assert first.data.suppression == "unsubscribed"
    assert first.data.recipient_key == "0f"
    assert events.decode(events.encode(first)) == first
