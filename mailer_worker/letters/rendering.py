"""The mails as they go out: subject, text and HTML, in the language of the artist."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mailer_worker.letters import checking
from mailer_worker.letters.shelf import KINDS
from mailer_worker.letters.strangers import MAX_SUBJECT, one_line, shortened
from mailer_worker.letters.templates import Templates
from mailer_worker.letters.typesetting import tidy
from mailer_worker.plan import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail says: the subject one line, `language` as `de` or `de-AT`."""

    subject: str
    text: str
    html: str
    language: str


class Letters:
    """All mails in all languages; an operator's folder goes before what is built in.

    The folder is read once. Rendering is safe from several threads at once.
    """

    def __init__(self, overrides: Path | None = None) -> None:
        self._templates = Templates(overrides)

    def check(self) -> None:
        """Raise SettingsError that names every template at fault."""
        checking.check(self._templates)

    def languages(self) -> list[str]:
        """Return all languages that any status has but the default."""
        return sorted(
            {each for kind in KINDS for each in self._templates.shelf.languages[kind]}
        )

    def render(
        self,
        kind: Kind,
        *,
        locale: str | None,
        title: str | None,
        feedback: str | None,
        unsubscribe_url: str | None,
    ) -> Letter:
        """Return the mail; raise Misconfigured where a template of the operator fails.

        `locale`, `title` and `feedback` are strangers' text of any size. Without an
        `unsubscribe_url` (https) the mail has no such link.
        """
        language = self._templates.shelf.choose(kind, locale)
        values = self._templates.values(
            kind,
            language,
            title=title,
            feedback=feedback,
            unsubscribe_url=unsubscribe_url,
        )
        line = one_line(self._templates.fill(kind, language, "subject.txt", values))
        values["subject"] = subject = shortened(line, MAX_SUBJECT)
        return Letter(
            subject=subject,
            text=tidy(self._templates.fill(kind, language, "text.txt", values)),
            html=self._templates.fill(kind, language, "html.html", values),
            language=language,
        )
