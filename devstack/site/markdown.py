"""Markdown that is written for GitHub, as MkDocs wants it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping

_FENCE = re.compile(r"\s*(```|~~~)")
_ITEM = re.compile(r"(?:[-*]|\d+\.) +")
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s#]*)(#[^()\s]*)?\)")


def indented(text: str) -> str:
    """Return the text with what belongs to a list's item indented by four spaces.

    GitHub takes as many as the item's mark is wide, Python-Markdown does not.
    """
    return "\n".join(_indented(text.splitlines())) + "\n"


def _indented(lines: list[str]) -> Iterator[str]:
    width, blank = 0, True
    for line in lines:
        if item := _ITEM.match(line):
            width = item.end()
        elif width and line[:width].isspace() and line.strip():
            yield " " * 4 + line[width:]
            blank = False
            continue
        elif blank and line.strip():
            width = 0
        yield line
        blank = not line.strip()


def relinked(
    text: str,
    *,
    source: str,
    page: str,
    pages: Mapping[str, str],
    has: Callable[[str], bool],
) -> str:
    """Return the text with its links to files of the repository leading to pages.

    `source` is the file that it stands in, `page` the page that it becomes, `pages`
    what other files become, `has` tells what the site has besides. What is not in the
    site keeps its words and loses its link.
    """

    def link(found: re.Match[str]) -> str:
        mark, words, target, anchor = found.groups()
        if not target or ":" in target:
            return found[0]
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        there = pages.get(file) or file.removeprefix("docs/")
        if file not in pages and not (file.startswith("docs/") and has(there)):
            return words
        way = posixpath.relpath(there, posixpath.dirname(page) or ".")
        return f"{mark}[{words}]({way}{anchor or ''})"

    return "".join(
        part if is_code else _LINK.sub(link, part) for is_code, part in _parts(text)
    )


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    # A link's words may go over a line's end; so what is no code is taken together.
    lines: list[str] = []
    fenced = False
    for line in text.splitlines(keepends=True):
        if _FENCE.match(line):
            if not fenced:
                yield False, "".join(lines)
                lines = []
            lines.append(line)
            if fenced:
                yield True, "".join(lines)
                lines = []
            fenced = not fenced
        else:
            lines.append(line)
    yield fenced, "".join(lines)
