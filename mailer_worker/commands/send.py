"""`send`: a test mail through the real path, and what became of it."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime

import click

from mailer_worker.commands import made_up, terminal
from mailer_worker.commands.environment import (
    Environ,
    fails_plainly,
    ledger,
    missing_file,
    settings_of,
)
from mailer_worker.commands.ledger import entry_as_json
from mailer_worker.commands.masking import masked_text
from mailer_worker.commands.parameters import json_option
from mailer_worker.ledger.history import Entry
from mailer_worker.plan import KINDS, written
from mailer_worker.settings import LedgerSettings
from shared.amqp.message import Message
from shared.amqp.opening import opened
from shared.events import ChangeEvent

CONNECTION = "mailer_worker.tools"
PUBLISH_DEADLINE = 10.0
POLL = 0.2
#: A day; longer than any mail waits for its next attempt.
LONGEST_WAIT = 86_400.0

#: Of a change that no more is done about, or of which it is not known.
_ENDS = frozenset(
    {"accepted", "skipped", "failed", "uncertain", "superseded", "repeated"}
    | {"taken-back"}
)


class _Status(click.ParamType[str]):
    name = "status"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        if written(str(value)) not in KINDS:
            self.fail(f"no mail for {value!r}; known: {', '.join(KINDS)}", param, ctx)
        return str(value)


class _Address(click.ParamType[str]):
    name = "address"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        address = str(value).strip()
        local, _, domain = address.partition("@")
        one = local and domain and not set(domain) & set("@ ,;<>")
        if not one or set(local) & set(" ,;<>"):
            self.fail("it must be one mail address, without a name", param, ctx)
        return address


@click.command()
@click.option("--to", type=_Address(), required=True, help="Who gets it.")
@click.option("--status", type=_Status(), required=True, help="Which mail.")
@click.option("--title", default=made_up.TITLE, show_default=True, help="Of the track.")
@click.option("--feedback", help="The reviewer's words.")
@click.option("--locale", help="The artist's language, such as de.")
@click.option(
    "--wait",
    type=click.FloatRange(0, LONGEST_WAIT),
    default=30.0,
    show_default=True,
    help="Seconds.",
)
@json_option
@click.pass_obj
@fails_plainly
def send(
    environ: Environ,
    to: str,
    status: str,
    title: str,
    feedback: str | None,
    locale: str | None,
    wait: float,
    json_: bool,
) -> None:
    """Send a test mail by the mailer that runs, and wait for what becomes of it."""
    settings = settings_of(environ)
    asked = made_up.Asked(
        to=to, status=status, title=title, feedback=feedback, locale=locale
    )
    event = made_up.change_for(asked, token=secrets.token_hex(8), now=datetime.now(UTC))
    _publish(settings, made_up.message_for(event))
    with terminal.spinner(f"waiting for {event.id}"):
        entry = _outcome(settings, event, time.monotonic() + wait)
    if json_:
        terminal.as_json(_as_json(event, entry))
    _tell(settings, event, entry, quiet=json_)


def _publish(settings: LedgerSettings, message: Message) -> None:
    url = settings.rabbitmq_url.get_secret_value()
    with opened(url, name=CONNECTION) as publisher:
        publisher.publish(message, timeout=PUBLISH_DEADLINE)


def _outcome(
    settings: LedgerSettings, event: ChangeEvent, deadline: float
) -> Entry | None:
    """Return what the ledger says once it is an end, or the last thing by then."""
    while missing_file(settings):
        # The mailer makes it when it starts.
        if time.monotonic() >= deadline:
            return None
        time.sleep(POLL)
    with ledger(settings) as opened:
        while True:
            entry = next(iter(opened.show(event.subject)), None)
            ended = entry is not None and entry.state in _ENDS
            if ended or time.monotonic() >= deadline:
                return entry
            time.sleep(POLL)


def _tell(
    settings: LedgerSettings, event: ChangeEvent, entry: Entry | None, *, quiet: bool
) -> None:
    """Say how it ended; exit code 1 where Mailgun is not known to have the mail."""
    if entry is not None and entry.state == "accepted":
        if not quiet:
            terminal.say(f"accepted by Mailgun as {_mailgun_id(entry)} ({event.id})")
        return
    raise click.ClickException(f"{_why(settings, entry)} ({event.id})")


def _why(settings: LedgerSettings, entry: Entry | None) -> str:
    missing = missing_file(settings)
    if missing is not None:
        return (
            f"published, but there is no ledger at {missing} to say what became of it"
        )
    if entry is None:
        return "published, but no mailer has taken it yet: does one run?"
    reason = f": {masked_text(entry.reason)}" if entry.reason else ""
    return terminal.clean(f"{entry.state}{reason}")


def _mailgun_id(entry: Entry) -> str:
    ids = [mail.mailgun_id for mail in entry.mails if mail.mailgun_id]
    return ids[0] if ids else "an unknown id"


def _as_json(event: ChangeEvent, entry: Entry | None) -> dict[str, object]:
    names: dict[str, object] = {"event_id": event.id, "submission_id": event.subject}
    if entry is None:
        return names | {"state": "published", "reason": None, "mails": []}
    return names | entry_as_json(entry)
