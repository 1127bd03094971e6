"""Events in pages: the room's own messages, and never a part of what was asked."""

import msgspec
import pytest

from realtime_gateway.api import replay
from realtime_gateway.api.replay import Wanted
from realtime_gateway.api.scope import Scope
from shared import events


def page(log, *, scope=None, kind=None, after=0, limit=10):
    wanted = Wanted(scope=scope or Scope(), type=kind, after=after, limit=limit)
    return replay.page_of(log.reading, wanted)


def ids(log, **options):
    return [msgspec.json.decode(item)["id"] for item in page(log, **options).items]


@pytest.fixture
def told(log):
    """An insert of Ada's, one of Ben's, a mail, and Ada's change of status."""
    return [
        log.insert("1"),
        log.insert("2", userid="ben"),
        log.mail("1"),
        log.update("1", {}, status="approved"),
    ]


def test_admin_gets_everything_in_order_and_artist_their_own(log, told):
    assert ids(log) == told
    assert ids(log, scope=Scope(("ada", "x"))) == [told[0], told[3]]
    assert ids(log, after=1, limit=2) == told[1:3]
    assert page(log, after=1, limit=2).last_event_id == told[2]


def test_messages_are_those_of_the_room(log, told):
    last = msgspec.json.decode(page(log).items[-1])

    assert last["type"] == "submission_update"
    assert last["data"]["old_data"] == {"status": "pending"}
    assert last["data"]["new_data"]["status"] == "approved"


def test_one_type_can_be_asked_for(log, told):
    assert ids(log, kind=events.EMAIL_ACCEPTED) == [told[2]]
    assert ids(log, kind=events.INSERTED) == told[:2]
    own = ids(log, kind=events.INSERTED, scope=Scope(("ada",)))
    assert own == [told[0]]
    assert ids(log, kind=events.EMAIL_ACCEPTED, scope=Scope(("ada",))) == []


def test_page_of_large_events_ends_early(log, told, monkeypatch):
    monkeypatch.setattr(replay, "MAX_PAGE_BYTES", 10)

    assert ids(log) == told[:1]


def test_what_has_been_pruned_since_is_noticed(log, told):
    log._log.prune(before="2026-01-01", max_bytes=10**9, at_most=10)
    assert ids(log, after=1) == told[1:]
    log._log.prune(before="2027-01-01", max_bytes=10**9, at_most=2)

    assert page(log, after=1) is None
    assert ids(log, after=2) == told[2:]
    assert ids(log) == told[2:]


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "INTEGER PRIMARY KEY (rowid>?)"),
        ({"kind": events.DELETED}, "changes_by_type (type=? AND position>?)"),
        ({"scope": Scope(("a", "x"))}, "changes_by_artist (artist_id=? AND position>"),
        (
            {"scope": Scope(("a", "x")), "kind": events.DELETED},
            "changes_by_artist (artist_id=? AND position>?)",
        ),
    ],
    ids=["all", "type", "artist", "artist and type"],
)
def test_page_is_found_by_an_index_however_long_the_log_is(log, asked, index):
    asked_for = []
    log.reading.set_trace_callback(asked_for.append)
    page(log, **asked)
    log.reading.set_trace_callback(None)

    plan = log.reading.execute(f"explain query plan {asked_for[0]}").fetchall()
    assert index in plan[0][3]
