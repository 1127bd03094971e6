"""The mails: subject, text and HTML for each kind, from the templates beside."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from mailer_worker.plan import Kind

SUBJECTS: dict[Kind, str] = {
    "pending": "We have your track “{title}”",
    "in-review": "“{title}” is being reviewed",
    "approved": "“{title}” has been approved",
    "rejected": "An update on “{title}”",
}
UNTITLED = "your submission"
MAX_TITLE = 120

_templates = Environment(
    loader=PackageLoader("mailer_worker"),
    # Titles and feedback are strangers' text: escaped in HTML, as it is in plain text.
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail ready to be sent; `message_id` is the same at every attempt."""

    to: str
    subject: str
    text: str
    html: str
    tag: str
    event_id: str
    submission_id: str
    message_id: str


def render(
    kind: Kind, *, title: str | None, feedback: str | None
) -> tuple[str, str, str]:
    """Return subject, text and HTML of a mail."""
    shown = one_line(title or "")[:MAX_TITLE] or UNTITLED
    values = {
        "title": shown,
        "feedback": (feedback or "").strip(),
        "subject": SUBJECTS[kind].format(title=shown),
    }
    text = _templates.get_template(f"{kind}.txt").render(values)
    html = _templates.get_template(f"{kind}.html").render(values)
    return values["subject"], text, html


def message_id_of(event_id: str, domain: str) -> str:
    """Return the Message-Id of the mail that an event causes (RFC 5322, 3.6.4)."""
    safe = re.sub(r"[^A-Za-z0-9_-]", lambda m: f"={ord(m[0]):x}", event_id)
    return f"<{safe}@{domain}>"


def one_line(text: str) -> str:
    """Return the text without line breaks and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
