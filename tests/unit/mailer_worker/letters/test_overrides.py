"""An operator's own templates: they win, and what is wrong with them is named."""

from __future__ import annotations

import pytest

from mailer_worker.letters.rendering import Letters
from shared.errors import Misconfigured, SettingsError

WORDS = (
    '{"it": {"untitled": "Senza titolo", "track": "Il tuo brano", "feedback": '
    '"Cosa dice la redazione", "footer": "F.", "unsubscribe": "Non scrivetemi"}}'
)
ITALIAN = {
    "approved/it/subject.txt": "“{{ title }}” è approvato\n",
    "approved/it/text.txt": "{{ title }} {{ words.footer }}",
    "approved/it/html.html": '<html lang="{{ language }}">{{ title }}</html>',
    "words.json": WORDS,
}


@pytest.fixture
def folder(tmp_path):
    def write(files):
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return write


def render(letters, kind="approved", locale=None, **values):
    values = {"title": "T", "feedback": None, "unsubscribe_url": None} | values
    return letters.render(kind, locale=locale, **values)


def faults(folder):
    with pytest.raises(SettingsError) as raised:
        Letters(folder).check()
    return [fault.removeprefix("MAIL_TEMPLATES_DIR: ") for fault in raised.value.faults]


def test_file_of_the_operator_wins_over_the_built_in_one(folder):
    letters = Letters(folder({"approved/subject.txt": "Yes: {{ title }}"}))
    letters.check()

    assert render(letters).subject == "Yes: T"
    assert render(letters, locale="de").subject == "„T“ ist angenommen"
    assert "Congratulations" in render(letters).html


def test_part_of_a_built_in_language_is_replaced_alone(folder):
    letters = Letters(folder({"approved/de/subject.txt": "Ja: {{ title }}"}))
    letters.check()

    assert render(letters, locale="de-AT").subject == "Ja: T"
    assert "Glückwunsch" in render(letters, locale="de-AT").text


def test_language_is_added_with_its_words(folder):
    letters = Letters(folder(ITALIAN))
    letters.check()

    letter = render(letters, locale="it_CH", title=None)
    assert letter.language == "it"
    assert letter.subject == "“Senza titolo” è approvato"
    assert letter.text == "Senza titolo F.\n"
    assert '<html lang="it">' in letter.html
    assert render(letters, "pending", locale="it").language == "en"


def test_region_has_the_words_of_its_language(folder):
    files = {f"approved/de-AT/{n}": "Servus {{ words.footer }}" for n in
             ("subject.txt", "text.txt", "html.html")}  # fmt: skip
    letters = Letters(folder(files))
    letters.check()

    assert "Servus Du bekommst" in render(letters, locale="de_at").text
    assert render(letters, locale="de_ch").language == "de"


def test_words_are_replaced_one_by_one(folder):
    letters = Letters(folder({"words.json": '{"en": {"footer": "Bye."}}'}))
    letters.check()

    assert "Bye." in render(letters).html
    assert "Unsubscribe" in render(letters, unsubscribe_url="https://x.test").html


def test_language_that_lacks_a_part_is_not_used_and_is_named(folder):
    here = folder({"approved/it/subject.txt": "Sì"})

    assert render(Letters(here), locale="it").language == "en"
    assert faults(here) == [
        "approved/it/text.txt: is missing",
        "approved/it/html.html: is missing",
    ]


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (
            {"approved/html.html": "{{ title }}\n{% if %}"},
            "template approved/html.html line 2: TemplateSyntaxError: Expected an "
            "expression, got 'end of statement block'",
        ),
        (
            {"approved/text.txt": "\n\n{{ titel }}"},
            "template approved/text.txt line 3: UndefinedError: 'titel' is undefined",
        ),
        (
            {"approved/text.txt": '{% include "none.txt" %}'},
            "template approved/text.txt line 1: TemplateNotFound: "
            "there is no template 'none.txt'",
        ),
        (
            {"approved/text.txt": "{{ 1 / 0 }}"},
            "template approved/text.txt line 1: ZeroDivisionError",
        ),
        (
            {"approved/text.txt": b"\xff"},
            "template approved/text.txt: UnicodeDecodeError: is not UTF-8",
        ),
        (
            {"approved/text.txt": "{# nothing #}"},
            "template approved/text.txt: renders to nothing",
        ),
        (
            {"approved/html.html": "{{ title | safe }}"},
            "template approved/html.html: shows a stranger's text unescaped",
        ),
        ({"words.json": "{\n{"}, "words.json: line 2: Expecting property name"),
        ({"words.json": '{"en": 5}'}, "words.json: Expected `object`, got `int`"),
        ({"words.json": '{"en": {"footer": " "}}'}, "words.json: en lacks footer"),
        ({"aproved/html.html": "x"}, "aproved/: there is no such status"),
        ({"approved/de_AT/html.html": "x"}, "approved/de_AT/: is no language"),
    ],
    ids=lambda value: value.rpartition(": ")[2] if isinstance(value, str) else "",
)
def test_fault_is_named_by_file_and_line(folder, files, fault):
    told = faults(folder(files))

    assert len(told) == 1
    assert told[0].startswith(fault)


def test_every_fault_is_named_at_once_and_only_once(folder):
    told = faults(
        folder(
            {
                "approved/subject.txt": "{{ a }}",
                "approved/html.html": "{{ b }}",
                "rejected/es/text.txt": "{% x %}",
                "layout.txt": "{{ c }}",
            }
        )
    )

    assert [fault.split(":")[0] for fault in told] == [
        "template layout.txt line 1",
        "template approved/subject.txt line 1",
        "template approved/html.html line 1",
        "template rejected/es/text.txt line 1",
    ]


def test_folder_that_is_not_there_is_named(tmp_path):
    assert faults(tmp_path / "gone") == [f"{tmp_path / 'gone'} is no folder"]


def test_what_is_hidden_or_no_template_is_left_alone(folder):
    Letters(
        folder(
            {
                "..data/approved/html.html": "x",
                ".git/subject.txt": "x",
                "approved/notes/ideas.md": "x",
                "README.md": "x",
            }
        )
    ).check()


@pytest.mark.parametrize(
    "template",
    [
        "{{ title.__class__.__mro__ }}",
        "{{ words.clear() }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% for n in range(10 ** 9) %}{% endfor %}",
    ],
)
def test_template_can_reach_nothing_but_its_values(folder, template):
    letters = Letters(folder({"approved/text.txt": template}))

    with pytest.raises(Misconfigured, match=r"^template approved/text.txt line 1: "):
        render(letters)


def test_template_that_fails_later_quotes_no_strangers_text(folder):
    letters = Letters(folder({"approved/text.txt": "{{ words[title] }}"}))

    with pytest.raises(Misconfigured) as raised:
        render(letters, title="Secret song")

    assert str(raised.value) == (
        "template approved/text.txt line 1: UndefinedError"
    )  # fmt: skip
