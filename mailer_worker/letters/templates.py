"""The templates themselves: Jinja2, sandboxed, read once and kept."""

from __future__ import annotations

from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailer_worker.letters import typesetting
from mailer_worker.letters.faults import place_of
from mailer_worker.letters.languages import DEFAULT
from mailer_worker.letters.shelf import Shelf, WordsByLanguage, read_words, words_for
from mailer_worker.letters.strangers import feedback_of, title_of
from mailer_worker.plan import Kind
from shared.errors import Misconfigured

Values = dict[str, object]

#: Who refuses us where one fails: they are read once, so that it lasts to the end.
PEER = "templates"


class Templates:
    """What is on the shelf, ready to be filled; from several threads at once."""

    def __init__(self, overrides: Path | None) -> None:
        self.shelf = Shelf(overrides)
        self._words = _usable_words(self.shelf)
        self._environment = _environment(self.shelf)

    def values(
        self,
        kind: Kind,
        language: str,
        *,
        title: str | None,
        feedback: str | None,
        unsubscribe_url: str | None,
    ) -> Values:
        """Return what a template may use; `subject` is added once it is known."""
        words = self._words.get(language, {})
        return {
            "status": kind,
            "language": language,
            "words": words,
            "title": title_of(title, untitled=words.get("untitled", "")),
            "feedback": feedback_of(feedback),
            "unsubscribe_url": unsubscribe_url or "",
        }

    def fill(self, kind: Kind, language: str, part: str, values: Values) -> str:
        """Return one part of a mail; raise Misconfigured where its template fails."""
        name = self.shelf.name_of(kind, language, part)
        try:
            return self._environment.get_template(name).render(values)
        except Exception as error:  # whatever an operator's template may do
            place = place_of(error, name, self.shelf.folders)
            # No more than the error's name: its text may quote a stranger's.
            told = f"template {place}: {type(error).__name__}"
            raise Misconfigured(told, PEER) from error


def _environment(shelf: Shelf) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(shelf.folders),
        # Titles and feedback are strangers' text; plain text shows them as they are.
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters.update(
        wrap=typesetting.wrap, quoted=typesetting.quoted, breaks=typesetting.breaks
    )
    return environment


def _usable_words(shelf: Shelf) -> WordsByLanguage:
    layers = []
    for folder in reversed(shelf.folders):
        try:
            layers.append(read_words(folder))
        except ValueError:  # the check names it
            continue
    languages = {DEFAULT}.union(*shelf.languages.values())
    return {language: words_for(language, layers) for language in languages}
