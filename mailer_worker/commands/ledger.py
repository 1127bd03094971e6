"""`ledger`: what the mailer decided and did about a submission."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from mailer_worker.commands import terminal
from mailer_worker.commands.environment import (
    Environ,
    fails_plainly,
    settings_of,
)
from mailer_worker.commands.environment import ledger as opened_ledger
from mailer_worker.commands.masking import masked_text
from mailer_worker.commands.parameters import json_option
from mailer_worker.ledger.history import Attempted, Entry, Told
from shared.events import mask

_COLUMNS = ("when", "what", "state", "details")


@click.group()
def ledger() -> None:
    """What was decided and done about status changes."""


@ledger.command()
@click.argument("submission")
@json_option
@click.pass_obj
@fails_plainly
def show(environ: Environ, submission: str, json_: bool) -> None:
    """Show the status changes of SUBMISSION, their mails and what became of those."""
    with opened_ledger(settings_of(environ)) as opened:
        entries = opened.show(submission)
    if not entries:
        raise click.ClickException(f"the ledger knows nothing of {submission!r}")
    if json_:
        terminal.as_json([entry_as_json(entry) for entry in entries])
        return
    rows = (row for entry in entries for row in _rows(entry))
    terminal.table(f"submission {submission}", _COLUMNS, rows)


def entry_as_json(entry: Entry) -> dict[str, object]:
    """Return a status change for scripts: moments in UTC, recipients masked."""
    return {
        "event_id": entry.event_id,
        "status": entry.status,
        "status_before": entry.status_before,
        "seen_at": terminal.iso(entry.seen_at / 1000),
        "state": entry.state,
        "reason": _reason(entry.reason) or None,
        "mails": [_mail_as_json(mail) for mail in entry.mails],
        "outcomes": [_told_as_json(told) for told in entry.outcomes],
    }


def _rows(entry: Entry) -> Iterator[Sequence[str]]:
    yield (
        terminal.moment(entry.seen_at / 1000),
        f"{entry.status_before or '?'} -> {entry.status or '?'}",
        entry.state,
        "; ".join(filter(None, (entry.event_id, _reason(entry.reason)))),
    )
    for mail in entry.mails:
        yield (
            terminal.moment((mail.settled_at or mail.claimed_at) / 1000),
            f"  mail to {mask(mail.recipient)}",
            mail.state,
            f"attempt {mail.attempt}, {mail.mailgun_id or 'no Mailgun id'}",
        )
    for told in entry.outcomes:
        yield (
            told.time,
            "  Mailgun tells",
            told.outcome,
            "; ".join(filter(None, (told.severity, _reason(told.reason)))),
        )


def _mail_as_json(mail: Attempted) -> dict[str, object]:
    settled = None if mail.settled_at is None else mail.settled_at / 1000
    return {
        "recipient": mask(mail.recipient),
        "state": mail.state,
        "attempt": mail.attempt,
        "claimed_at": terminal.iso(mail.claimed_at / 1000),
        "settled_at": terminal.iso(settled),
        "message_id": mail.message_id,
        "mailgun_id": mail.mailgun_id,
    }


def _told_as_json(told: Told) -> dict[str, object]:
    return {
        "outcome": told.outcome,
        "severity": told.severity,
        "reason": _reason(told.reason) or None,
        "time": told.time,
    }


def _reason(reason: str | None) -> str:
    return masked_text(reason or "")
