"""What becomes of titles and feedback before they are shown."""

from __future__ import annotations

import pytest

from mailer_worker.letters.strangers import (
    MAX_FEEDBACK,
    MAX_TITLE,
    feedback_of,
    title_of,
)
from mailer_worker.letters.typesetting import LINE, quoted, tidy, wrap


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("  Night\r\n Drive\t", "Night Drive"),
        ("\n" * 99_999 + "a\u2028b\x85c", "a b c"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("evil\u202egnp.exe\u2066", "evilgnp.exe"),
        ("👩‍🎤 fam", "👩‍🎤 fam"),
        ("half \ud800", "half"),
        (None, "Untitled"),
        ("", "Untitled"),
        (" \u202e\u200b\n", "Untitled"),
    ],
)
def test_title_is_one_line_that_can_be_seen(text, title):
    assert title_of(text, untitled="Untitled") == title


def test_long_title_ends_with_an_ellipsis():
    title = title_of("x" * 1_000_000, untitled="")

    assert len(title) == MAX_TITLE
    assert title.endswith("x…")


@pytest.mark.parametrize(
    ("text", "feedback"),
    [
        (None, ""),
        (" \n \u202e", ""),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\n\n\n \n\nb", "a\n\nb"),
        ("\x07a\u2067b", "ab"),
    ],
)
def test_feedback_keeps_its_own_line_breaks_and_no_control_characters(text, feedback):
    assert feedback_of(text) == feedback


def test_long_feedback_ends_with_an_ellipsis():
    feedback = feedback_of("word " * 100_000)

    assert len(feedback) <= MAX_FEEDBACK
    assert feedback.endswith("word…")


def test_paragraphs_are_filled_and_fixed_spaces_do_not_break():
    fixed = "«\u00a0" + "x" * 40 + "\u00a0»"
    lines = wrap(f"{fixed} and\nso {fixed}\n\nnext").split("\n")

    assert lines == [f"{fixed} and so", fixed, "", "next"]


def test_quote_keeps_own_lines_wraps_long_ones_and_leaves_addresses_whole():
    address = "https://x.test/" + "a" * 100
    lines = quoted(f"one\n\n{'word ' * 40}\n{address}").split("\n")

    assert lines[:3] == ["> one", ">", "> word" + " word" * 13]
    assert lines[-1] == f"> {address}"
    assert max(map(len, lines[:-1])) <= LINE


def test_text_part_has_no_trailing_spaces_and_one_end():
    assert tidy("\n\na  \n\n\n\nb\n\n") == "a\n\nb\n"
