"""History, figures and events over the API: what happened, and to whom it is told."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.plugins.api import Api, Table
from tests.plugins.changes import mail, press
from tests.plugins.services import start_supabase, until
from tests.plugins.sockets import Client, login

ADMIN, ADA, BEN = (f"{name}@melotech.test" for name in ("admin", "ada", "ben"))


@pytest.fixture(scope="module")
def supabase(start_for_module, ingest, tmp_path_factory):
    return start_supabase(
        start_for_module,
        tmp_path_factory.mktemp("supabase"),
        SUPABASE_STANDIN_WEBHOOK_URL=f"{ingest.url}/webhook/submission-update",
    )


@pytest.fixture(scope="module")
def gateway_settings():
    return {"MAX_REQUESTS_PER_SECOND": "1000"}


@pytest.fixture(scope="module")
def bus(bus_url_for_module):
    with press(bus_url_for_module) as made:
        yield made


@pytest.fixture(scope="module")
def admin(gateway, supabase):
    return Api(gateway, login(supabase, ADMIN))


@pytest.fixture(scope="module")
def ada(gateway, supabase):
    return Api(gateway, login(supabase, ADA))


@pytest.fixture(scope="module")
def ben(gateway, supabase):
    return Api(gateway, login(supabase, BEN))


class Reviewed:
    """Makes one change after the other, each told before the next."""

    def __init__(self, admin, supabase, bus):
        self._admin = admin
        self._supabase = supabase
        self._table = Table(supabase)
        self._bus = bus

    def _told(self, before):
        return until(lambda: (now := self._newest()) != before and now)

    def _newest(self):
        return self._admin.get("stats")["as_of"]

    def insert(self, **columns):
        before = self._newest()
        row = self._table.insert(**columns)
        self._told(before)
        return row

    def update(self, row, **columns):
        before = self._newest()
        changed = self._table.update(row["id"], **columns)
        self._told(before)
        return changed

    def update_as(self, email, row, **columns):
        before = self._newest()
        table = Table(self._supabase, token=login(self._supabase, email))
        table.update(row["id"], **columns)
        self._told(before)

    def delete(self, row):
        before = self._newest()
        self._table.delete(row["id"])
        self._told(before)

    def mail(self, row, outcome):
        before = self._newest()
        self._bus.publish(mail(submission=row["id"], outcome=outcome))
        self._told(before)

    def track(self, artist):
        """Submit, rate, approve and mail; return the row as it is at the end."""
        row = self.insert(title="Café 🎧", userid=artist)
        self.update(row, rating=7)
        row = self.update(row, rating=9, status="approved", feedback="That bridge!")
        self.mail(row, "accepted")
        return row


@pytest.fixture(scope="module")
def reviewed(admin, supabase, bus):
    return Reviewed(admin, supabase, bus)


def test_history_tells_what_went_from_what_to_what_and_mails_to_admins_alone(
    admin, ada, ben, reviewed, ids
):
    row = reviewed.track(ids[0])
    path = f"submissions/{row['id']}/history"

    items = admin.items(path)
    assert [item["event"] for item in items] == ["INSERT", "UPDATE", "UPDATE", "email"]
    inserted, rated, approved, mailed = items
    assert {"field": "title", "from": None, "to": "Café 🎧"} in inserted["changes"]
    assert changes_of(rated) == {"rating": (None, 7)}
    assert changes_of(approved) == {
        "rating": (7, 9),
        "status": ("pending", "approved"),
        "feedback": (None, "That bridge!"),
    }
    assert mailed["outcome"] == "accepted"
    assert [item["time"] for item in items] == sorted(item["time"] for item in items)
    assert ada.items(path) == items[:3]
    assert ben.ask(path).status_code == 404


def changes_of(item):
    found = {each["field"]: (each["from"], each["to"]) for each in item["changes"]}
    assert found.pop("updated_at")
    return found


def test_history_in_pages_is_the_whole_one_and_of_the_deleted_too(admin, reviewed, ids):
    row = reviewed.track(ids[0])
    reviewed.delete(row)
    path = f"submissions/{row['id'].upper()}/history"

    pages = list(admin.pages(path, limit=2))
    assert [len(page["items"]) for page in pages] == [2, 2, 1]
    whole = admin.items(path)
    assert [item for page in pages for item in page["items"]] == whole
    assert whole[-1]["event"] == "DELETE"
    removed = {each["field"]: each for each in whole[-1]["changes"]}
    assert removed["title"] == {"field": "title", "from": "Café 🎧", "to": None}


def test_submission_that_has_not_changed_has_an_empty_history(admin, ada, ids):
    untouched = next(
        row for row in admin.items("submissions") if row["title"] == "Paper Boats"
    )
    path = f"submissions/{untouched['id']}/history"

    assert admin.items(path) == []
    expected = 200 if untouched["userid"] == ids[0] else 404
    assert ada.ask(path).status_code == expected
    assert admin.ask("submissions/unheard-of/history").status_code == 404


def grown(before, after):
    return {n: after.get(n, 0) - before.get(n, 0) for n in before.keys() | after.keys()}


def total(stats):
    return sum(each["changes"] for each in stats["changes_per_minute"])


async def test_figures_grow_by_what_has_happened(
    gateway, supabase, admin, ben, reviewed, ids
):
    def happen():
        an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        one = reviewed.insert(title="1", userid=ids[0], submitted_at=an_hour_ago)
        two = reviewed.insert(title="2", userid=ids[0], submitted_at=an_hour_ago)
        reviewed.update(one, status="in-review")
        reviewed.update(one, status="approved")
        reviewed.update(two, status="in-review")
        reviewed.mail(one, "accepted")
        reviewed.mail(two, "failed")

    before, of_ben = admin.get("stats"), ben.get("stats")
    async with Client(gateway, "admin") as socket:
        await socket.auth(login(supabase, ADMIN))
        await socket.next("welcome")
        await asyncio.to_thread(happen)
        after = admin.get("stats")

    assert total(after) - total(before) == 5
    by_status = grown(before["by_status"], after["by_status"])
    assert by_status.pop("approved") == 1
    assert by_status.pop("in-review") == 1
    assert not any(by_status.values())
    mails = grown(before["mails"], after["mails"])
    assert {name: count for name, count in mails.items() if count} == {
        "accepted": 1,
        "failed": 1,
    }
    for name, count in (("time_to_first_review", 2), ("time_to_decision", 1)):
        assert after[name]["count"] - before[name]["count"] == count
        assert 3600 <= after[name]["p90_seconds"] < 3700
    assert after["connections"]["now"] == {"admin": 1, "artist": 0}
    assert len(after["changes_per_minute"]) == 60
    assert len(admin.get("stats", minutes=1)["changes_per_minute"]) == 1
    assert ben.get("stats") | {"as_of": None} == of_ben | {"as_of": None}
    assert not {"mails", "connections"} & ben.get("stats").keys()


def without_moment(message):
    """When a message was made differs: each is made when it is asked for."""
    return {name: value for name, value in message.items() if name != "timestamp"}


@pytest.mark.parametrize("who", ["admin", "ada"])
async def test_events_in_pages_are_what_the_socket_was_told(
    gateway, supabase, admin, reviewed, bus, ids, who
):
    room = "admin" if who == "admin" else f"artist/{ids[0]}"
    token = login(supabase, f"{who}@melotech.test")
    last = admin.get("stats")["as_of"]
    async with Client(gateway, room) as socket:
        await socket.auth(token)
        await socket.next("welcome")

        def happen():
            reviewed.insert(title="Another's", userid="somebody")
            reviewed.delete(reviewed.track(ids[0]))

        await asyncio.to_thread(happen)
        change, fate = "submission_update", "email_update"
        kinds = [change] * 4
        if who == "admin":
            kinds = [change] * 4 + [fate, change]
        told = [await socket.next(kind) for kind in kinds]
    pages = Api(gateway, token).events_since(last, limit=2)

    assert list(map(without_moment, pages)) == list(map(without_moment, told))
    deleted = Api(gateway, token).events_since(last, type="submission.deleted")
    assert [each["id"] for each in deleted] == [told[-1]["id"]]


def test_unknown_since_is_told_and_nothing_is_replayed(admin, reviewed, ids):
    reviewed.insert(title="T", userid=ids[0])
    page = admin.get("events", since="evt_never_seen")

    assert (page["recovered"], page["items"]) == (False, [])
    assert page["next"] == page["last_event_id"] == admin.get("stats")["as_of"]


def test_admins_are_told_who_made_a_change_by_name(admin, ada, reviewed, supabase, ids):
    row = reviewed.insert(title="Whose", userid=ids[0])
    reviewed.update_as(ADMIN, row, status="approved")
    path = f"submissions/{row['id']}/history"

    # The row itself came by the service key, which is nobody.
    assert [item["actor"] for item in admin.items(path)] == [None, "Admin"]
    assert [item["actor"] for item in ada.items(path)] == [None, None]
