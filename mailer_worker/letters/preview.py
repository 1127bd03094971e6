"""Sample mails, to look at before an artist does."""

from __future__ import annotations

from dataclasses import dataclass

from mailer_worker.letters.rendering import Letter, Letters
from mailer_worker.plan import Kind

UNSUBSCRIBE_URL = "https://melotech.example/unsubscribe/sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a sample mail is about."""

    title: str | None
    feedback: str | None
    unsubscribe_url: str | None = UNSUBSCRIBE_URL


SAMPLES: dict[Kind, Sample] = {
    "pending": Sample(title="Midnight Tram", feedback=None),
    "in-review": Sample(title="Midnight Tram", feedback=None),
    "approved": Sample(
        title="Midnight Tram",
        feedback=(
            "The bridge at 2:10 gave us goosebumps.\n\n"
            "Leave the vocals exactly as dry as they are."
        ),
    ),
    "rejected": Sample(
        title="Midnight Tram",
        feedback=(
            "Strong melody, and the arrangement carries it well.\n"
            "The low end masks the voice from the second verse on: try to give the "
            "bass less room below 80 Hz, and send us the new mix."
        ),
    ),
}


def sample(letters: Letters, kind: Kind, *, locale: str | None) -> Letter:
    """Return the sample mail of a status."""
    values = SAMPLES[kind]
    return letters.render(
        kind,
        locale=locale,
        title=values.title,
        feedback=values.feedback,
        unsubscribe_url=values.unsubscribe_url,
    )
