"""`suppressions`: addresses that get no more mails."""

from __future__ import annotations

import re

import click

from mailer_worker.commands import terminal
from mailer_worker.commands.environment import (
    Environ,
    fails_plainly,
    ledger,
    settings_of,
)
from mailer_worker.commands.parameters import json_option
from mailer_worker.ledger.outcomes import Suppressed
from shared.addresses import KEY_LENGTH, key_of

#: More are not read at once.
MOST = 10_000

_KEY = re.compile(rf"[0-9a-f]{{{KEY_LENGTH}}}")
_COLUMNS = ("address", "reason", "since", "cause", "key")


@click.group()
def suppressions() -> None:
    """Addresses that get no more mails, and why."""


@suppressions.command("list")
@click.option("--limit", type=click.IntRange(1, MOST), default=MOST, metavar="N")
@json_option
@click.pass_obj
@fails_plainly
def list_(environ: Environ, limit: int, json_: bool) -> None:
    """List the addresses, the newest first."""
    with ledger(settings_of(environ)) as opened:
        found = opened.all_suppressed(limit)
    if json_:
        terminal.as_json([_as_json(each) for each in found])
    elif found:
        rows = (_row(each) for each in found)
        terminal.table(f"{len(found)} addresses get no mails", _COLUMNS, rows)
    else:
        terminal.say("every address gets its mails")


@suppressions.command()
@click.argument("address")
@json_option
@click.pass_obj
@fails_plainly
def remove(environ: Environ, address: str, json_: bool) -> None:
    """Let ADDRESS get mails again: a mail address, or its key as `list` shows it."""
    key = address_key(address)
    with ledger(settings_of(environ)) as opened:
        lifted = opened.lift(key)
    if json_:
        terminal.as_json({"key": key, "removed": lifted})
    elif lifted:
        terminal.say(
            "it gets mails again, unless Mailgun's own list holds it too: look under"
            " Suppressions in its dashboard"
        )
    if not lifted:
        raise click.ClickException(
            "it was not suppressed here; Mailgun's own list may hold it"
        )


def address_key(text: str) -> str:
    """Return the key that is given, or that of the address which is."""
    return text if _KEY.fullmatch(text) else key_of(text)


def _row(entry: Suppressed) -> tuple[str, ...]:
    return (
        entry.masked or "",
        entry.reason,
        terminal.moment(entry.since / 1000),
        entry.cause or "",
        entry.recipient_key,
    )


def _as_json(entry: Suppressed) -> dict[str, object]:
    return {
        "address": entry.masked,
        "key": entry.recipient_key,
        "reason": entry.reason,
        "since": terminal.iso(entry.since / 1000),
        "cause": entry.cause,
    }
