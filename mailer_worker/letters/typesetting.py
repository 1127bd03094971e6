"""How text is set: lines that wrap, quotes, line breaks in HTML; template filters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

#: In characters; a mail's reader may add a margin (RFC 5322, 2.1.1 advises 78).
LINE = 72
_PARAGRAPH_END = re.compile(r"\n\s*\n")


def wrap(text: str) -> str:
    """Return paragraphs, which blank lines part, filled anew."""
    paragraphs = _PARAGRAPH_END.split(text.strip())
    return "\n\n".join("\n".join(_lines(p, LINE)) for p in paragraphs)


def quoted(text: str) -> str:
    """Return the text as a quote, each of its own lines kept and wrapped."""
    lines = (line for own in text.split("\n") for line in _lines(own, LINE - 2))
    return "\n".join(f"> {line}".rstrip() for line in lines)


def breaks(text: str) -> Markup:
    """Return the text as HTML, its line breaks as such."""
    # Not `white-space: pre-line`, which Outlook passes over.
    return escape(text).replace("\n", Markup("<br>\n"))


def tidy(text: str) -> str:
    """Return a text part without trailing spaces and repeated blank lines."""
    lines = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"


def _lines(text: str, width: int) -> Iterator[str]:
    # A word longer than the line stays whole: it may be an address.
    line = ""
    for word in filter(None, re.split(r"[ \t\n]+", text)):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line
