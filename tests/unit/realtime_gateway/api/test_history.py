"""What happened to a submission, told field by field."""

import msgspec

from realtime_gateway.api import history
from realtime_gateway.api.history import Wanted
from realtime_gateway.api.scope import Scope


def page(log, submission_id="1", *, scope=None, after=0, limit=10):
    wanted = Wanted(
        submission_id=submission_id, scope=scope or Scope(), after=after, limit=limit
    )
    return history.page_of(log.reading, wanted)


def told(log, **options):
    return [
        msgspec.json.decode(msgspec.json.encode(item))
        for item in page(log, **options).items
    ]


def test_each_change_tells_what_went_from_what_to_what(log):
    log.insert("1", rating=None)
    changed = log.update("1", {"rating": None}, status="approved", rating=9.50)
    log.delete("1", status="approved")

    inserted, updated, deleted = told(log)

    assert inserted["event"] == "INSERT"
    assert {"field": "status", "from": None, "to": "pending"} in inserted["changes"]
    assert updated == {
        "id": changed,
        "time": "2026-11-23T12:00:00.000+00:00",
        "event": "UPDATE",
        "stale": False,
        "actor": None,
        "changes": [
            {"field": "status", "from": "pending", "to": "approved"},
            {"field": "rating", "from": None, "to": 9.5},
        ],
    }
    assert deleted["event"] == "DELETE"
    assert {"field": "status", "from": "approved", "to": None} in deleted["changes"]


def test_mails_stand_between_the_changes_for_admins_alone(log):
    log.insert("1")
    log.mail("1", "failed")
    log.update("1", {}, status="approved")

    assert [item["event"] for item in told(log)] == ["INSERT", "email", "UPDATE"]
    assert told(log)[1]["recipient"] == "a***@melotech.test"
    own = told(log, scope=Scope(("ada",)))
    assert [item["event"] for item in own] == ["INSERT", "UPDATE"]


def test_failure_says_whether_it_is_the_end(log):
    log.insert("1")
    log.mail("1", "failed", severity="temporary")
    log.mail("1", "delivered")

    assert [item.get("severity") for item in told(log)] == [None, "temporary", None]
    assert "severity" not in told(log)[2]


def test_change_that_came_too_late_is_marked(log):
    log.update("1", {"updated_at": "2026-01-01T00:00:00Z"}, title="new")
    log.update("1", {"updated_at": "2025-01-01T00:00:00Z"}, title="old")

    assert [item["stale"] for item in told(log)] == [False, True]


def test_admins_alone_are_told_who_made_a_change(log):
    row = {"id": "1", "status": "pending", "userid": "ada"}
    log.tell("INSERT", "submission.inserted", None, dict(row), by="auth-1")
    log.update("1", {}, status="approved")

    assert [item["actor"] for item in told(log)] == ["auth-1", None]
    own = told(log, scope=Scope(("ada",)))
    assert [item["actor"] for item in own] == [None, None]


def test_artist_sees_nothing_of_another_and_of_other_submissions(log):
    log.insert("1", userid="ben")
    log.insert("2")

    assert told(log, scope=Scope(("ada",))) == []
    assert not history.is_known(log.reading, "1", Scope(("ada",)))
    assert history.is_known(log.reading, "2", Scope(("ada",)))
    assert history.is_known(log.reading, "1", Scope())
    assert not history.is_known(log.reading, "3", Scope())


def test_pages_end_at_the_limit_and_at_their_size(log, monkeypatch):
    log.insert("1")
    for number in range(4):
        log.update("1", {"bpm": number}, bpm=number + 1)

    first = page(log, limit=3)
    assert (len(first.items), first.complete) == (3, False)
    rest = page(log, limit=3, after=3)
    assert (len(rest.items), rest.complete) == (2, True)
    monkeypatch.setattr(history, "MAX_PAGE_BYTES", 10)
    assert len(page(log).items) == 1


def test_history_is_found_by_the_submission_however_much_the_artist_did(log):
    asked_for = []
    log.reading.set_trace_callback(asked_for.append)
    page(log, scope=Scope(("ada", "x")))
    log.reading.set_trace_callback(None)

    plan = log.reading.execute(f"explain query plan {asked_for[0]}").fetchall()
    assert "changes_by_submission (submission_id=? AND position>?)" in plan[0][3]
