"""Whatever changes between two steps of a snapshot, nothing falls into the gap."""

import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_gateway.api import replay, submissions
from realtime_gateway.api.census import Census
from realtime_gateway.api.problems import Problem
from realtime_gateway.api.rows import Listing, Row, place_of
from realtime_gateway.api.scope import Scope
from realtime_gateway.api.sources import Sources
from realtime_gateway.changelog.reader import position_of
from shared import events
from shared.errors import Transient
from shared.versions import Version, microseconds
from tests.unit.realtime_gateway.api.conftest import Log

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
STATUSES = ("pending", "approved")


class World:
    """A table, its change log, and the events that are on their way between them.

    Before each question that is asked of either, some things happen.
    """

    def __init__(self, folder, draw):
        self.rows = {}
        self.log = Log(folder)
        self._draw = draw
        self._under_way = []
        self._clock = 0
        self._made = 0

    async def run(self, query):
        """Be the reader of the change log."""
        self.let_happen()
        return query(self.log.reading)

    async def listings(self, wanted):
        """Be the table, and stop early now and then."""
        self.let_happen()
        start = place_of(wanted.after) if wanted.after else ""
        rows = [
            Row(
                id=name,
                version=Version(updated_at=microseconds(row["updated_at"])),
                json=msgspec.Raw(json.dumps(row)),
            )
            for name, row in sorted(self.rows.items(), key=lambda i: place_of(i[0]))
            if place_of(name) > start and wanted.status in {None, row["status"]}
        ]
        shown = self._draw(st.integers(1, wanted.limit + 1))
        return [Listing(rows=rows[:shown], complete=len(rows) <= shown)]

    def let_happen(self):
        for _ in range(self._draw(st.integers(0, 3))):
            if self._under_way and self._draw(st.booleans()):
                self._deliver(self._draw(st.integers(0, len(self._under_way) - 1)))
            else:
                self._change(self._draw(st.integers(0, 20)))

    def deliver_all(self):
        while self._under_way:
            self._deliver(0)

    def _deliver(self, place):
        self.log.tell(*self._under_way.pop(place))

    def _change(self, chance):
        self._clock += 1
        at = (MIDNIGHT + timedelta(seconds=self._clock)).isoformat()
        names = sorted(self.rows)
        if chance < 8 or not names:
            self._made += 1
            name, old = str(self._made), None
        else:
            name = names[chance % len(names)]
            old = self.rows[name]
        if old and chance % 3 == 0:
            new, kind = None, ("DELETE", events.DELETED)
            del self.rows[name]
        else:
            status = STATUSES[chance % 2]
            new = {"id": name, "userid": "ada", "status": status, "updated_at": at}
            self.rows[name] = new
            updated = ("UPDATE", events.STATUS_CHANGED)
            kind = updated if old else ("INSERT", events.INSERTED)
        self._under_way.append((*kind, old and dict(old), new and dict(new)))


class Reader:
    """A change log in which nothing happens."""

    def __init__(self, log):
        self._log = log

    async def run(self, query):
        return query(self._log.reading)


class Away:
    """A table that cannot be read."""

    async def listings(self, wanted):
        raise Transient("Supabase answered 502")


class UpToDate:
    """A feed that has read all there is."""

    next_look = 1

    def has_read_up_to(self, look):
        return True


def sources_of(log, table):
    return Sources(
        log=log,
        table=table,
        users=None,
        census=Census(dict),
        is_ready=lambda: True,
        feed=UpToDate(),
    )


async def snapshot(world, query, limit):
    """Read all pages; return `as_of` and the rows."""
    sources = sources_of(world, world)
    caller = SimpleNamespace(scope=Scope())
    rows, cursor = [], ""
    while True:
        path = f"/api/submissions?limit={limit}{query}{cursor}"
        request = make_mocked_request("GET", path)
        answer = await submissions.show(request, caller, sources)
        page = json.loads(answer.body)
        rows += page["items"]
        if page["next"] is None:
            return page["as_of"], rows
        cursor = f"&cursor={page['next']}"


def followed(world, as_of, rows):
    """Return each submission's status and version after all that came since."""
    after = position_of(world.log.reading, as_of) if as_of else 0
    wanted = replay.Wanted(scope=Scope(), type=None, after=after, limit=1_000)
    known = {row["id"]: (row["status"], row["updated_at"]) for row in rows}
    for item in replay.page_of(world.log.reading, wanted).items:
        message = json.loads(bytes(item))
        data = message["data"]
        if message.get("stale"):
            continue
        if data["event"] == "DELETE":
            known.pop(data["submission_id"], None)
        else:
            new = data["new_data"]
            known[data["submission_id"]] = (new["status"], new["updated_at"])
    return known


@pytest.mark.parametrize("status", [None, "approved"])
@settings(max_examples=80)
@given(data=st.data())
async def test_snapshot_and_what_follows_it_are_the_table(status, data):
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), data.draw)
        for _ in range(5):
            world.let_happen()
        query = f"&status={status}" if status else ""
        limit = data.draw(st.integers(1, 4))
        as_of, rows = await snapshot(world, query, limit)
        world.deliver_all()
        known = followed(world, as_of, rows)
        world.log.close()

    assert len({row["id"] for row in rows}) == len(rows)
    table = {i: (row["status"], row["updated_at"]) for i, row in world.rows.items()}
    assert matching(known, status) == matching(table, status)


def matching(known, status):
    return {name: told for name, told in known.items() if status in {None, told[0]}}


async def test_table_that_cannot_be_read_leaves_no_answer(log):
    sources = sources_of(Reader(log), Away())
    request = make_mocked_request("GET", "/api/submissions")

    with pytest.raises(Problem) as caught:
        await submissions.show(request, SimpleNamespace(scope=Scope()), sources)
    assert caught.value.status == 503
