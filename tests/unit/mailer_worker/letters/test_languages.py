"""Which languages a locale asks for, however it is written."""

from __future__ import annotations

import pytest

from mailer_worker.letters.languages import candidates, is_written_well
from mailer_worker.letters.rendering import Letters


@pytest.mark.parametrize(
    ("locale", "languages"),
    [
        ("de", ("de",)),
        ("DE", ("de",)),
        ("de_AT", ("de-AT", "de")),
        ("de-at", ("de-AT", "de")),
        ("es-419", ("es-419", "es")),
        ("zh-Hant-TW", ("zh-Hant-TW", "zh-Hant", "zh")),
        ("zh_hant", ("zh-Hant", "zh")),
        ("de-DE-1996", ("de-DE", "de")),
        ("de-u-co-phonebk", ("de",)),
        ("fil", ("fil",)),
    ],
)
def test_locale_asks_for_the_closest_language_first(locale, languages):
    assert candidates(locale) == languages


HOSTILE = [
    None,
    "",
    " ",
    "d",
    "german",
    "123",
    "../../x",
    "de/../fr",
    "de\n",
    "de\x00",
    "de.UTF-8",
    "\u017f\u017f",
    "de-\u0664\u0661\u0669",
    "d" * 10_000,
    "de" + "-a" * 5_000,
    "{{ 7 * 7 }}",
]


@pytest.mark.parametrize("locale", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_locale_gets_the_default_language(locale):
    letter = Letters().render(
        "approved", locale=locale, title="T", feedback=None, unsubscribe_url=None
    )

    assert candidates(locale) == ()
    assert letter.language == "en"
    assert '<html lang="en"' in letter.html


@pytest.mark.parametrize(
    ("name", "well"),
    [("de", True), ("de-AT", True), ("DE", False), ("de_AT", False), ("x", False)],
)
def test_folder_is_named_as_locales_are_looked_up(name, well):
    assert is_written_well(name) is well
