"""The table over the API: whole, filtered, one's own, and no gap to what follows."""

from __future__ import annotations

import asyncio
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.plugins.api import Api, Table
from tests.plugins.changes import mail, press
from tests.plugins.services import start_supabase, until
from tests.plugins.sockets import Client, login, users_id

ADMIN, ADA, BEN = (f"{name}@melotech.test" for name in ("admin", "ada", "ben"))
#: What every message of a change tells, changed or not.
ALWAYS = ("status", "rating", "feedback")


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
def table(supabase):
    return Table(supabase)


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


def by_id(items):
    found = {row["id"]: row for row in items}
    assert len(found) == len(items), "a row came twice"
    return found


def test_pages_hold_the_whole_table_each_row_once_in_order(admin, table):
    pages = list(admin.pages("submissions", limit=5))

    items = [row for page in pages for row in page["items"]]
    assert by_id(items) == table.rows()
    assert [row["id"] for row in items] == sorted(row["id"] for row in items)
    assert all(len(page["items"]) == 5 for page in pages[:-1])
    assert len({page["as_of"] for page in pages}) == 1


def test_filters_hold_on_every_page_whether_log_or_table_knows_the_row(
    admin, table, ids
):
    row = table.insert(title="T", userid=ids[0], status="shortlisted")
    until(lambda: admin.get("stats")["by_status"].get("shortlisted"))

    assert admin.items("submissions", status="shortlisted") == [row]
    for filters in ({"status": "pending"}, {"artist_id": ids[0]}):
        columns = {n.replace("artist_id", "userid"): v for n, v in filters.items()}
        found = by_id(admin.items("submissions", **filters, limit=2))
        assert found == table.rows(**columns)
        assert found
    both = admin.items("submissions", status="pending", artist_id=ids[0], limit=1)
    assert by_id(both) == table.rows(status="pending", userid=ids[0])
    assert admin.items("submissions", artist_id="not-a-uuid") == []


def test_row_that_has_left_the_filter_is_not_shown_there_any_more(admin, table, ids):
    row = table.insert(title="T", userid=ids[0], status="to-leave")
    table.update(row["id"], status="has-left")
    until(lambda: admin.get("stats")["by_status"].get("has-left"))

    assert admin.items("submissions", status="to-leave") == []
    assert [r["id"] for r in admin.items("submissions", status="has-left")] == [
        row["id"]
    ]


def test_artists_see_their_own_alone_whatever_they_ask_for(
    ada, admin, table, supabase, ids
):
    ben = users_id(supabase, BEN)[0]
    own = table.rows(userid=ids[0])
    by_auth_id = table.insert(title="Under the other id", userid=ids[1])
    until(lambda: ada.items("submissions", artist_id=ids[1]))

    assert by_id(ada.items("submissions", limit=2)) == own | {
        by_auth_id["id"]: by_auth_id
    }
    assert by_id(ada.items("submissions", artist_id=ids[0].upper())) == own
    assert ada.ask("submissions", {"artist_id": ben}).status_code == 403
    foreign = next(admin.pages("submissions", artist_id=ben, limit=1))["next"]
    after = ada.get("submissions", cursor=foreign)["items"]
    assert {row["userid"] for row in after} <= set(ids)


def test_admins_alone_are_told_the_newest_fate_of_each_row_s_mails(
    admin, ada, table, bus, ids
):
    mailed, quiet = (
        table.insert(title="T", userid=ids[0], status="mailed") for _ in range(2)
    )
    minute = datetime.now(UTC) - timedelta(minutes=1)
    early = mail(submission=mailed["id"], outcome="accepted", time=minute)
    late = mail(submission=mailed["id"], outcome="delivered")
    # What happened later is the first to come.
    bus.publish(late)
    bus.publish(early)
    until(lambda: admin.get("stats")["as_of"] == early.id)

    pages = list(admin.pages("submissions", status="mailed", limit=1))
    assert {row["id"] for page in pages for row in page["items"]} == {
        mailed["id"],
        quiet["id"],
    }
    assert [each for page in pages for each in page["mails"]] == [
        {
            "submission_id": mailed["id"],
            "outcome": "delivered",
            "recipient": None,
            "reason": None,
            "cause": "evt_none",
            "timestamp": late.time,
        }
    ]
    assert all("mails" not in page for page in ada.pages("submissions"))


class Reviewers:
    """Insert, change and delete rows without a pause until told to stop."""

    def __init__(self, table, artist):
        self._table = table
        self._artist = artist
        self._random = random.Random(7)
        self._over = threading.Event()
        self.changes = 0

    def stop(self):
        self._over.set()

    def work(self):
        mine = []
        while not self._over.is_set():
            choice = self._random.random()
            if choice < 0.4 or len(mine) < 5:
                made = self._table.insert(title=f"T{self.changes}", userid=self._artist)
                mine.append(made["id"])
            elif choice < 0.8:
                status = self._random.choice(("pending", "in-review", "approved"))
                rating = self._random.randint(0, 10)
                row = self._random.choice(mine)
                self._table.update(row, status=status, rating=rating)
            else:
                self._table.delete(mine.pop(self._random.randrange(len(mine))))
            self.changes += 1


def told_of(row):
    return {name: row[name] for name in ("id", "userid", "title", *ALWAYS)}


def replayed(snapshot, messages):
    """Return the rows as a client has them that was told all this after a snapshot."""
    rows = {row["id"]: told_of(row) for row in snapshot}
    for message in messages:
        data = message["data"]
        if message["type"] != "submission_update" or data.get("stale"):
            continue
        if data["event"] == "DELETE":
            rows.pop(data["submission_id"], None)
        else:
            rows[data["submission_id"]] = {
                "id": data["submission_id"],
                "userid": data["artist_id"],
                "title": data["title"],
                **{name: data["new_data"][name] for name in ALWAYS},
            }
    return rows


async def told_until(client, last):
    messages = []
    while not messages or messages[-1]["id"] != last:
        messages.append(await client.next("submission_update"))
    return messages


def snapshots_amid(reviewers, admin):
    """Read the table again and again while it changes: `as_of` and rows of each."""
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(reviewers.work)
        try:
            until(lambda: reviewers.changes > 30)
            found = [snapshot(admin, limit) for limit in (3, *[500] * 120, 3)]
            seen = reviewers.changes
            until(lambda: reviewers.changes > seen + 10)
        finally:
            reviewers.stop()
        working.result(10)
    return found


def snapshot(admin, limit):
    pages = list(admin.pages("submissions", limit=limit))
    assert len({page["as_of"] for page in pages}) == 1
    return pages[0]["as_of"], [row for page in pages for row in page["items"]]


async def test_snapshot_and_what_comes_after_as_of_are_the_table_with_no_race(
    gateway, admin, table, supabase, ids
):
    reviewers = Reviewers(table, ids[0])
    snapshots = await asyncio.to_thread(snapshots_amid, reviewers, admin)
    final = {row_id: told_of(row) for row_id, row in table.rows().items()}
    first, rows = snapshots[0]

    def all_events():
        found = admin.events_since(first)
        return found if replayed(rows, found) == final else None

    events = await asyncio.to_thread(until, all_events)
    order = [first, *(event["id"] for event in events)]
    for as_of, rows in snapshots:
        assert replayed(rows, []) != final, "nothing happened meanwhile"
        assert replayed(rows, events[order.index(as_of) :]) == final
    for as_of, rows in (snapshots[0], snapshots[-1]):
        async with Client(gateway, "admin") as client:
            await client.auth(login(supabase, ADMIN), since=as_of)
            assert (await client.next("welcome"))["recovered"] is True
            messages = await told_until(client, order[-1])
        assert [message["id"] for message in messages] == order[
            order.index(as_of) + 1 :
        ]
        assert replayed(rows, messages) == final


def test_table_that_is_away_is_said_to_be_and_the_log_still_answers(
    admin, table, supabase
):
    known = f"submissions/{next(iter(table.rows()))}/history"
    table.update(known.split("/")[1], title="Known to the log")
    until(lambda: admin.get(known)["items"])
    supabase.stop()

    for path in ("submissions", "submissions/never-heard-of/history"):
        answer = admin.ask(path)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert admin.get(known)["items"]
    assert admin.events_since(None)
    assert admin.get("stats")["as_of"]
    supabase.start()
    assert by_id(admin.items("submissions")) == table.rows()
