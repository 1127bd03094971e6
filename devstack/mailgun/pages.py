"""The inbox as a person reads it."""

from __future__ import annotations

from html import escape
from typing import Any

from devstack.html import page, table


def inbox(messages: list[tuple[int, dict[str, Any]]]) -> str:
    """Return the list of mails, newest first."""
    rows = [
        [
            escape(message["received_at"][11:19]),
            escape(message["to"]),
            f'<a href="/messages/{number}">{escape(message["subject"])}</a>',
            escape(", ".join(message["tags"])),
        ]
        for number, message in messages
    ]
    body = table(["time", "to", "subject", "tags"], rows) if rows else "<p>No mail.</p>"
    body = '<p><a href="/previews">how each mail looks</a></p>' + body
    return page("Mailgun, the local stand-in", body, refresh=3)


def mail(message: dict[str, Any]) -> str:
    """Return one mail: headers, both bodies, and what was sent along."""
    facts = [
        [name, escape(str(message[name]))]
        for name in ("id", "from", "to", "received_at", "tags", "variables", "headers")
    ]
    # The frame may neither run scripts nor leave: the mail is a stranger's text.
    body = (
        '<p><a href="/">inbox</a></p>'
        + table(["", ""], facts)
        + f'<iframe sandbox srcdoc="{escape(message["html"])}"></iframe>'
        + f"<pre>{escape(message['text'])}</pre>"
    )
    return page(message["subject"] or "(no subject)", body)
