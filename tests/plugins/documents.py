"""The project's documents taken apart: code blocks, headings, links, words."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Every document that people read, by its path in the repository.
DOCUMENTS = sorted(
    str(path.relative_to(ROOT))
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "deploy").rglob("*.md"),
        ROOT / "supabase" / "README.md",
        ROOT / "bench" / "README.md",
        ROOT / "dashboard" / "src" / "realtime" / "README.md",
    )
)

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)(?: \"[^\"]*\")?\)")
_BARE = re.compile(r"(?<![(\w`])https?://[^\s)>`,;|]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A fenced block of code, `language` being "" where it has none."""

    document: str
    line: int
    language: str
    code: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def read(document: str) -> str:
    """Return a document's text."""
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(*languages: str) -> list[Block]:
    """Return all fenced blocks in one of these languages; without any, all."""
    found = [block for document in DOCUMENTS for block in blocks_of(document)]
    return [each for each in found if not languages or each.language in languages]


def blocks_of(document: str) -> Iterator[Block]:
    """Yield the fenced blocks of a document."""
    text = read(document)
    for match in _FENCE.finditer(text):
        yield Block(
            document=document,
            line=text.count("\n", 0, match.start()) + 1,
            language=(match["info"].split() or [""])[0],
            code=textwrap.dedent(match["code"]),
        )


def prose(document: str) -> str:
    """Return a document without its fenced blocks and comments."""
    return _COMMENT.sub("", _FENCE.sub("", read(document)))


def spans(document: str) -> list[str]:
    """Return what stands in backticks within the prose."""
    return [
        " ".join(each.split()) for each in re.findall(r"`([^`]+)`", prose(document))
    ]


def links(document: str) -> list[str]:
    """Return where a document's links and images lead."""
    text = re.sub(r"`[^`]*`", "``", prose(document))
    return [*_LINK.findall(text), *_BARE.findall(text)]


def anchors(document: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    made: dict[str, int] = {}
    for heading in _HEADING.findall(prose(document)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        made[name] = made.get(name, -1) + 1
        if made[name]:
            made[f"{name}-{made[name]}"] = 0
    return set(made)
