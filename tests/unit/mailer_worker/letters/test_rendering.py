"""The mails that are built in: languages, escaping, bounds."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer_worker.letters.preview import SAMPLES, sample
from mailer_worker.letters.rendering import Letters
from mailer_worker.letters.shelf import KINDS
from mailer_worker.letters.strangers import MAX_SUBJECT

LETTERS = Letters()
LANGUAGES = ["en", "de", "es", "fr"]
#: Gmail cuts off what is longer, in bytes.
GMAIL_CLIPS = 102_000

each_mail = pytest.mark.parametrize(
    ("kind", "language"), list(itertools.product(KINDS, LANGUAGES))
)


def render(kind="approved", **values):
    values = {
        "locale": None,
        "title": "T",
        "feedback": None,
        "unsubscribe_url": None,
    } | values
    return LETTERS.render(kind, **values)


def test_built_in_mails_have_no_fault():
    LETTERS.check()

    assert ["en", *LETTERS.languages()] == LANGUAGES


@each_mail
def test_every_mail_is_in_its_language_small_and_complete(kind, language):
    letter = sample(LETTERS, kind, locale=language)

    assert letter.language == language
    assert f'<html lang="{language}"' in letter.html
    assert "Midnight Tram" in letter.subject
    assert "Midnight Tram" in letter.text
    assert len(letter.html.encode()) < 30_000
    assert "https://melotech.example/unsubscribe/sample" in letter.html
    assert "https://melotech.example/unsubscribe/sample" in letter.text


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_languages_say_the_same(kind):
    letters = [sample(LETTERS, kind, locale=language) for language in LANGUAGES]

    assert len({letter.subject for letter in letters}) == len(LANGUAGES)
    assert len({letter.text for letter in letters}) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de_AT", "de"), ("FR-ca", "fr"), ("es-419", "es"), ("it", "en"), ("en-GB", "en")],
)
def test_closest_language_is_taken_else_the_default(locale, language):
    assert render(locale=locale).language == language


@each_mail
def test_strangers_text_is_escaped_in_html_and_kept_in_text(kind, language):
    letter = render(
        kind,
        locale=language,
        title="<b>A\r\nBcc: x</b>",
        feedback="1 < 2 & <script>\n{{ 7 * 7 }} {% raise %}",
    )

    assert "\n" not in letter.subject
    assert "<b>A Bcc: x</b>" in letter.subject
    assert "<script>" not in letter.html
    assert "1 &lt; 2 &amp; &lt;script&gt;<br>\n{{ 7 * 7 }}" in letter.html
    assert "&lt;b&gt;A Bcc: x&lt;/b&gt;" in letter.html
    assert "> 1 < 2 & <script>\n> {{ 7 * 7 }}" in letter.text
    assert "<b>A Bcc: x</b>" in letter.text


def test_mail_without_title_feedback_and_link_reads_well():
    letter = render(locale="de", title=None)

    assert letter.subject == "„Ohne Titel“ ist angenommen"
    assert "Das sagt unser Team" not in letter.text + letter.html
    assert "abbestellen" not in letter.text + letter.html
    assert "<a " not in letter.html


def test_link_is_escaped_in_html():
    url = 'https://x.test/u?a=1&b="><script>'

    assert "https://x.test/u?a=1&amp;b=&#34;&gt;&lt;script&gt;" in (
        render(unsubscribe_url=url).html
    )


@given(
    kind=st.sampled_from(KINDS),
    locale=st.none() | st.text() | st.sampled_from(LANGUAGES),
    title=st.none() | st.text(),
    feedback=st.none() | st.text(st.characters(), max_size=400),
)
def test_any_title_and_feedback_make_a_mail(kind, locale, title, feedback):
    letter = render(kind, locale=locale, title=title, feedback=feedback)

    assert letter.subject.strip()
    assert len(letter.subject) <= MAX_SUBJECT
    assert letter.subject.splitlines() == [letter.subject]
    assert letter.text.strip()
    assert not set(letter.text + letter.html) & set("\x00\x1b\u202e\u2066")
    letter.html.encode()


@given(middle=st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=80))
def test_no_title_is_found_unescaped_in_html(middle):
    title = f"<x {middle} y>"

    assert title not in render(title=title, feedback=title).html


@pytest.mark.parametrize("text", ["<", "\U0001f3b5", "a\n", "\n\n.", '"', "&"])
def test_no_mail_is_so_long_that_it_is_clipped(text):
    letter = render(title=text * 999, feedback=text * 9_999)

    assert len(letter.html.encode()) < GMAIL_CLIPS


def test_every_status_has_a_sample():
    assert set(SAMPLES) == set(KINDS)
