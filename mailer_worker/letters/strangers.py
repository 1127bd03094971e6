"""Strangers' text, made fit for a mail: titles on one line, feedback within bounds."""

from __future__ import annotations

import re

MAX_TITLE = 120
MAX_FEEDBACK = 5_000
#: Mail clients show less; gateways refuse header lines far longer (RFC 5322, 2.1.1).
MAX_SUBJECT = 150

#: Control characters, half surrogates, and what turns the direction of other text
#: around (Unicode, UAX 9); joiners stay, since emoji and some scripts need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_BREAK = re.compile(r"\r\n|[\r\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")
#: Not every space: a typographer's narrow or fixed one stays what it is.
_GAP = re.compile(r"[ \t\n\r\x85\u2028\u2029]+")


def title_of(text: str | None, *, untitled: str) -> str:
    """Return a title on one line, or the word for none."""
    # No title of theirs needs more than this to be read whole.
    title = one_line((text or "").lstrip()[: 10 * MAX_TITLE])
    return shortened(title, MAX_TITLE) if _is_visible(title) else untitled


def feedback_of(text: str | None) -> str:
    """Return feedback with its own line breaks, or "" where there is nothing to see."""
    start = (text or "").lstrip()[: 2 * MAX_FEEDBACK]
    clean = _UNWANTED.sub("", _BREAK.sub("\n", start))
    if not _is_visible(clean):
        return ""
    return shortened(_BLANK_LINES.sub("\n\n", clean.strip()), MAX_FEEDBACK)


def one_line(text: str) -> str:
    """Return the text on one line, without control characters."""
    return _GAP.sub(" ", _UNWANTED.sub("", _GAP.sub(" ", text))).strip()


def shortened(text: str, most: int) -> str:
    """Return the text, cut with an ellipsis beyond `most` characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _is_visible(text: str) -> bool:
    return any(char.isprintable() and not char.isspace() for char in text)
