"""Which templates there are: the built-in ones, and an operator's that go before them.

<status>/{subject.txt,text.txt,html.html}            the default language
<status>/<language>/{subject.txt,text.txt,html.html}
layout.html layout.txt words.json                    what all mails share
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import msgspec

from mailer_worker.letters.languages import DEFAULT, candidates
from mailer_worker.plan import Kind

KINDS: tuple[Kind, ...] = get_args(Kind)
PARTS = ("subject.txt", "text.txt", "html.html")
WORDS_FILE = "words.json"
BUILT_IN = Path(__file__).parents[1] / "templates"

Words = Mapping[str, str]
WordsByLanguage = Mapping[str, Words]


class Shelf:
    """The folders as they were at start; a file in the first wins."""

    def __init__(self, overrides: Path | None) -> None:
        self.folders = (BUILT_IN,) if overrides is None else (overrides, BUILT_IN)
        #: Where a language may be lacking parts; those are not used.
        self.begun = {kind: self._languages(kind) for kind in KINDS}
        self.languages = {
            kind: {each for each in self.begun[kind] if not self.missing(kind, each)}
            for kind in KINDS
        }

    def choose(self, kind: Kind, locale: str | None) -> str:
        """Return the closest language that has all parts, else the default."""
        complete = self.languages[kind]
        return next((each for each in candidates(locale) if each in complete), DEFAULT)

    def missing(self, kind: Kind, language: str) -> list[str]:
        """Return the parts that a language lacks."""
        names = [f"{kind}/{language}/{part}" for part in PARTS]
        return [name for name in names if not self._has(name)]

    def name_of(self, kind: Kind, language: str, part: str) -> str:
        """Return the path of a template within a folder."""
        if language in self.languages[kind]:
            return f"{kind}/{language}/{part}"
        return f"{kind}/{part}"

    def _has(self, name: str) -> bool:
        return any((folder / name).is_file() for folder in self.folders)

    def _languages(self, kind: Kind) -> set[str]:
        found = (each for root in self.folders for each in subfolders(root / kind))
        return {each.name for each in found}


def subfolders(folder: Path) -> list[Path]:
    """Return the folders within one; hidden ones are a mount's or an editor's own."""
    try:
        return sorted(
            each
            for each in folder.iterdir()
            if each.is_dir() and not each.name.startswith(".")
        )
    except OSError:
        return []


def read_words(folder: Path) -> WordsByLanguage:
    """Return the words of a folder by language; raise ValueError saying what is wrong.

    A folder without the file has none.
    """
    try:
        text = (folder / WORDS_FILE).read_text(encoding="utf-8")
        return msgspec.convert(json.loads(text), dict[str, dict[str, str]])
    except FileNotFoundError:
        return {}
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: {error.msg}") from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    except (OSError, RecursionError, msgspec.ValidationError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(reason) from None


def words_for(language: str, layers: list[WordsByLanguage]) -> dict[str, str]:
    """Return a language's words: a later layer wins, and `de-AT` has those of `de`.

    What is lacking is not made up for by another language.
    """
    tags = reversed(candidates(language))
    return {
        key: word
        for tag in tags
        for layer in layers
        for key, word in layer.get(tag, {}).items()
    }
