"""What the broker delivers: every reader takes it, or calls it malformed."""

from __future__ import annotations

import functools
import json
import sqlite3

from mailer_worker.composing import Composer
from mailer_worker.letters.rendering import Letters
from mailer_worker.plan import Send, plan
from mailer_worker.recipients import Recipient
from realtime_gateway import protocol
from realtime_gateway.api import history
from realtime_gateway.api.scope import Scope
from realtime_gateway.changelog import reader, schema, writer
from realtime_gateway.changelog.entries import Entry
from realtime_gateway.revocation import Revocations
from shared import events, unsubscribe
from shared.errors import Malformed
from shared.events import Event, RevocationEvent
from tests.fuzz import words
from tests.fuzz.target import Target

LINK_KEY = b"key of the fuzzed links"
#: No event that is told is larger by more: the message repeats no more than its parts.
ENVELOPE = 2_000


def check(body: bytes) -> None:
    """Raise where a reader takes a body wrongly, or another error comes."""
    try:
        event = events.decode(body)
    except Malformed:
        return
    assert events.decode(events.encode(event)) == event
    if isinstance(event, RevocationEvent):
        Revocations().add(event)
    else:
        _check_told(event, len(body))
    _check_stored(event, body)
    _check_mail(body)


def _check_told(event: Event, size: int) -> None:
    told = protocol.tellable(event)
    rooms = protocol.rooms_of(event)
    assert "admin" in rooms
    update = protocol.update_of(told, stale=True)
    update.decode()
    # Each part of a row is told at most twice, and a text may be escaped.
    assert len(update) <= 12 * size + ENVELOPE
    protocol.EVERYTHING.matches(event)
    protocol.Wanted(status="approved").matches(event)


def _check_stored(event: Event, body: bytes) -> None:
    log = _log()
    try:
        entry = Entry(stream_offset=1, event=event, body=body)
        assert writer.insert(log, entry) is not None
        assert writer.insert(log, entry) is None
        if isinstance(event, RevocationEvent):
            return
        (stored,) = reader.after(log, 0, artist_ids=None)
        assert stored.event == event
        wanted = history.Wanted(
            submission_id=event.data.submission_id, scope=Scope(None), after=0, limit=9
        )
        assert len(history.page_of(log, wanted).items) == 1
    finally:
        log.rollback()


def _check_mail(body: bytes) -> None:
    try:
        planned = plan(body)
    except Malformed:
        return
    if not isinstance(planned, Send):
        assert planned.reason
        return
    address = planned.own_email or "ada@a.test"
    recipient = Recipient(address=address, locale=planned.locale)
    mail = _composer()(planned, recipient, "<e@mg.test>")
    assert len(mail.subject.splitlines()) == 1
    if mail.unsubscribe_url is not None:
        token = mail.unsubscribe_url.rpartition(unsubscribe.PATH)[2]
        found = unsubscribe.read(token, [LINK_KEY])
        assert found.event_id == planned.event.id


@functools.cache
def _log() -> sqlite3.Connection:
    log = sqlite3.connect(":memory:")
    log.executescript(schema._SCHEMA)
    return log


@functools.cache
def _composer() -> Composer:
    return Composer(Letters(), public_url="https://a.test", link_key=LINK_KEY)


def _at_the_ends_of_time() -> list[bytes]:
    event, times = words.bus_events()[0], ("0001-01-01T00:00:00", "9999-12-31T23:59:59")
    said = json.loads(event)
    zones = ("", "+23:59", "-23:59")
    return [
        json.dumps(said | {"time": f"{time}{zone}", "fingerprint": "f"}).encode()
        for time in times
        for zone in zones
    ]


TARGET = Target(
    name="bus_events",
    check=check,
    seeds=[*words.bus_events(), *_at_the_ends_of_time()],
    words=[
        *words.JSON,
        *(b'"submission.updated"', b'"submission.status-changed"', b'"email.failed"'),
        *(b'"type":"access.revoked",', b'"sequence":"7",', b'"fingerprint":"f",'),
        *(b'"email":"a@b.test",', b'"locale":"de-AT",', b'"feedback":"{{ 7 }}",'),
        *(
            b'"2026-11-23T12:00:00.120+00:00"',
            b'"0001-01-01T00:00:00+23:59"',
            b'"status":"approved"',
        ),
        *(
            b'"updated_at":"9999-12-31T23:59:59-23:59",',
            b'"submitted_at":5,',
            b"\\r\\n",
        ),
    ],
)
