"""Try every mail in every language, and name all that is wrong at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mailer_worker.letters.faults import reason_of
from mailer_worker.letters.languages import DEFAULT, is_written_well
from mailer_worker.letters.shelf import (
    BUILT_IN,
    KINDS,
    PARTS,
    WORDS_FILE,
    Shelf,
    read_words,
    subfolders,
    words_for,
)
from mailer_worker.letters.templates import Templates
from mailer_worker.plan import Kind
from shared.errors import Misconfigured, SettingsError

#: Shown as it stands, it would let a stranger write the mail's HTML.
MARK = "<b id=mark>"


def check(templates: Templates) -> None:
    """Raise SettingsError that names each file at fault, and its line where known."""
    shelf = templates.shelf
    words = list(_of_words(shelf))
    # A missing word would be told again by each mail that shows it.
    mails = [] if words else _of_mails(templates)
    found = dict.fromkeys([*_of_folder(shelf), *words, *mails])
    if found:
        raise SettingsError([f"MAIL_TEMPLATES_DIR: {fault}" for fault in found])


def _of_folder(shelf: Shelf) -> Iterator[str]:
    for folder in shelf.folders:
        if not folder.is_dir():
            yield f"{folder} is no folder"
        for each in subfolders(folder):
            if each.name not in KINDS and _has_a_part(each):
                yield f"{each.name}/: there is no such status ({', '.join(KINDS)})"
    for kind in KINDS:
        for language in sorted(shelf.begun[kind]):
            yield from _of_language(shelf, kind, language)


def _of_language(shelf: Shelf, kind: Kind, language: str) -> Iterator[str]:
    missing = shelf.missing(kind, language)
    if len(missing) == len(PARTS):
        return
    if not is_written_well(language):
        yield f"{kind}/{language}/: is no language; write it as de, de-AT or zh-Hant-TW"
        return
    yield from (f"{name}: is missing" for name in missing)


def _has_a_part(folder: Path) -> bool:
    return any((folder / part).is_file() for part in PARTS)


def _of_words(shelf: Shelf) -> Iterator[str]:
    layers = []
    for folder in reversed(shelf.folders):
        try:
            layers.append(read_words(folder))
        except ValueError as error:
            yield f"{WORDS_FILE}: {error}"
    needed = read_words(BUILT_IN)[DEFAULT]
    for language in _all_languages(shelf):
        words = words_for(language, layers)
        lacking = [key for key in needed if not words.get(key, "").strip()]
        if lacking:
            yield f"{WORDS_FILE}: {language} lacks {', '.join(lacking)}"


def _all_languages(shelf: Shelf) -> list[str]:
    found = {each for kind in KINDS for each in shelf.languages[kind]} | {DEFAULT}
    return sorted(filter(is_written_well, found))


def _of_mails(templates: Templates) -> Iterator[str]:
    for kind in KINDS:
        for language in sorted({DEFAULT} | templates.shelf.languages[kind]):
            for part in PARTS:
                yield from _of_part(templates, kind, language, part)


def _of_part(
    templates: Templates, kind: Kind, language: str, part: str
) -> Iterator[str]:
    for text in (MARK, None):
        values = templates.values(
            kind, language, title=text, feedback=text, unsubscribe_url=text
        )
        if part != "subject.txt":
            values["subject"] = MARK
        try:
            filled = templates.fill(kind, language, part, values)
        except Misconfigured as error:
            reason = reason_of(error.__cause__)
            yield f"{error}: {reason}" if reason else str(error)
            continue
        name = templates.shelf.name_of(kind, language, part)
        if not filled.strip():
            yield f"template {name}: renders to nothing"
        if part == "html.html" and MARK in filled:
            yield f"template {name}: shows a stranger's text unescaped"
