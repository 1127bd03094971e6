"""What the system itself has of a run: read from its files, its stream and its ends."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import requests

from ingest_service.mailgun.intake import SOURCE as MAILGUN
from shared import events
from shared.events import ChangeEvent, EmailEvent
from tests.chaos.history import (
    Entry,
    Listening,
    Logged,
    Mail,
    Outcome,
    Service,
    Table,
    Webhook,
)
from tests.chaos.world import World
from tests.plugins.changes import read_events
from tests.plugins.services import SERVICE_KEY

LEDGER = "select event_id, submission_id, state from melotech_mailer.changes"
OUTCOMES = "select cause, outcome from melotech_mailer.outcomes"
#: After these answers Mailgun does not tell it again: it has been taken, now or before.
TAKEN = frozenset({"200", "406"})
#: Rows of a page: a table has several.
PAGE = 80
#: States of a ledger's entry that will be followed by another one.
OPEN = frozenset({"waiting", "uncertain"})
#: Traces that are known, each with what makes it harmless: none.
KNOWN_TRACES: tuple[str, ...] = ()


def log_of(world: World, gateway: str) -> list[Logged]:
    """Return what a gateway's change log has, in its order."""
    files = (world.folder / gateway).rglob("changes.sqlite3")
    # A gateway that starts while another has not quite ended takes the next place.
    found = [_log_in(file) for file in files]
    return max(found, key=len, default=[])


def _log_in(file: Path) -> list[Logged]:
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(file)) as log:
        rows = log.execute("select body from changes order by position").fetchall()
        return [_logged(body) for (body,) in rows]
    return []


def _logged(body: bytes) -> Logged:
    event = events.decode(body)
    if isinstance(event, ChangeEvent):
        return Logged(id=event.id, type=event.type, artist=event.data.artist_id)
    cause = event.data.cause if isinstance(event, EmailEvent) else None
    return Logged(
        id=event.id,
        type=event.type,
        artist=None,
        cause=cause,
        from_mailgun=event.source == MAILGUN,
    )


def stream_of(world: World) -> list[str]:
    """Return the ids in the stream, every copy."""
    return [event.id for event in read_events(world.bus.urls[0])]


def ledger_of(world: World) -> list[Entry]:
    """Return the status changes that the mailers know."""
    with psycopg.connect(world.ledger) as connection:
        rows = connection.execute(LEDGER).fetchall()
    return [Entry(id=name, row=row, state=state) for name, row, state in rows]


def mails_of(world: World) -> list[Mail]:
    """Return the mails that Mailgun has, in the order of their arrival."""
    mails = _asked(world.mailgun.url, "/api/messages", fields="variables,to")
    return [Mail(cause=each["variables"]["event_id"], to=each["to"]) for each in mails]


def webhooks_of(world: World) -> list[Webhook]:
    """Return what Mailgun told of its mails, each once."""
    mails = _asked(world.mailgun.url, "/api/messages", fields="variables,id")
    causes = {each["id"].strip("<>"): each["variables"]["event_id"] for each in mails}
    taken: dict[tuple[str, str], bool] = {}
    for each in _asked(world.mailgun.url, "/api/webhooks"):
        told = causes[each["message_id"]], each["event"]
        taken[told] = taken.get(told, False) or each["answer"] in TAKEN
    return [
        Webhook(cause=cause, outcome=outcome, taken=was_taken)
        for (cause, outcome), was_taken in taken.items()
    ]


def untold(world: World) -> int:
    """Return how many mails have something that Mailgun has still to tell."""
    waiting: int = _asked(world.mailgun.url, "/api/webhooks", waiting=1)["waiting"]
    return waiting


def outcomes_of(world: World) -> list[Outcome]:
    """Return what the mailers have noted of their mails' fates."""
    with psycopg.connect(world.ledger) as connection:
        rows = connection.execute(OUTCOMES).fetchall()
    return [Outcome(cause=cause, outcome=outcome) for cause, outcome in rows]


def table_of(world: World, gateway: str, token: str, mine: Listening) -> Table:
    """Return the rows that a gateway shows to whoever has the token."""
    rows: dict[str, Any] = {}
    as_of, cursor = None, None
    while cursor or as_of is None:
        page = _asked(
            world.services[gateway].url,
            "/api/submissions",
            token=token,
            limit=PAGE,
            **({"cursor": cursor} if cursor else {}),
        )
        as_of, cursor = page["as_of"], page["next"]
        rows |= {row["id"]: row for row in page["items"]}
    reader = f"{mine.name} at {gateway}"
    return Table(reader=reader, owner=mine.owner, rows=rows, as_of=as_of)


def stood(world: World) -> dict[str, Any]:
    """Return the rows of Supabase's own table, which nobody changes, by id."""
    key = {"apikey": SERVICE_KEY}
    path = "/rest/v1/submissions"
    rows = _asked(world.supabase.url, path, token=SERVICE_KEY, also=key, select="*")
    return {row["id"]: row for row in rows}


def _asked(
    url: str,
    path: str,
    *,
    token: str = "",
    also: Mapping[str, str] | None = None,
    **query: str | int,
) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.get(url + path, query, headers=headers | (also or {}), timeout=20)
    answer.raise_for_status()
    return answer.json()


def health_of(url: str) -> dict[str, Any]:
    """Return what `/health` says; nothing where nobody answers."""
    with suppress(requests.RequestException, ValueError):
        answer = requests.get(f"{url}/health", timeout=5)
        told: dict[str, Any] = answer.json()
        return told | {"code": answer.status_code}
    return {}


def ends_of(world: World) -> list[Service]:
    """Ask every service to end; return how each was, how it did, and its traces."""
    found = []
    for name, service in world.services.items():
        healthy = health_of(service.url).get("code") == 200
        code = service.stop()
        others = [each for who, each in world.exit_codes if who == name]
        worst = max([code, *others], key=abs)
        traces = traces_in(service.log)
        found.append(
            Service(name=name, healthy=healthy, exit_code=worst, traces=traces)
        )
    return found


def traces_in(log: Path) -> Sequence[str]:
    """Return the lines with a trace that nobody knows, shortened."""
    lines = log.read_text(errors="replace").splitlines()
    return [
        _shortened(line)
        for line in lines
        if "Traceback" in line and not any(each in line for each in KNOWN_TRACES)
    ]


def _shortened(line: str) -> str:
    with suppress(ValueError):
        told = json.loads(line)
        last = str(told.get("exception", "")).strip().splitlines()[-1:]
        return f"{told.get('event')}: {''.join(last)[:200]}"
    return line[:200]
