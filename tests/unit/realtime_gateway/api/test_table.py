"""The table through PostgREST: read to its end, or not at all."""

import asyncio
import json

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from realtime_gateway.api import table
from realtime_gateway.api.problems import Problem
from realtime_gateway.api.scope import Scope
from realtime_gateway.api.snapshot import Wanted
from realtime_gateway.api.table import SubmissionsTable
from shared.errors import Misconfigured, Transient


class PostgRest:
    """A table of numbered rows, as a project with few `max-rows` shows it."""

    def __init__(self):
        self.rows = [
            {"id": n, "userid": "ada" if n % 2 else "7", "pad": ""} for n in range(1, 8)
        ]
        self.max_rows = 1_000
        self.failure = None
        self.hangs = False
        self.asked = 0

    async def answer(self, request):
        self.asked += 1
        while self.hangs:
            await asyncio.sleep(0.01)
        if self.failure:
            status, body = self.failure
            return web.Response(status=status, body=body)
        assert request.headers["apikey"] == "the key"
        operator, _, number = request.query.get("id", "gt.0").partition(".")
        after = int(number) - (operator == "eq")
        artist = request.query.get("userid", "eq.").removeprefix("eq.")
        found = [
            row
            for row in self.rows
            if row["id"] > after and artist in {"", row["userid"]}
        ]
        limit = min(self.max_rows, int(request.query["limit"]))
        return web.Response(body=json.dumps(found[:limit]).encode())


@pytest.fixture
def postgrest():
    return PostgRest()


@pytest.fixture
async def submissions(postgrest):
    app = web.Application()
    app.router.add_get("/rest/v1/the table", postgrest.answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield SubmissionsTable(
            session,
            supabase_url=str(server.make_url("")).rstrip("/"),
            service_key="the key",
            table="the table",
        )
        postgrest.hangs = False


def wanted(**other):
    defaults = {"scope": Scope(), "status": None, "after": None, "limit": 100}
    return Wanted(**(defaults | other))


async def ids(submissions, **other):
    listings = await submissions.listings(wanted(**other))
    return [[int(row.id) for row in listing.rows] for listing in listings]


async def test_answers_that_the_project_cuts_are_put_together(submissions, postgrest):
    postgrest.max_rows = 3

    (listing,) = await submissions.listings(wanted())

    assert [int(row.id) for row in listing.rows] == [1, 2, 3, 4, 5, 6, 7]
    assert listing.complete


async def test_one_row_more_than_the_limit_tells_that_there_are_more(submissions):
    (listing,) = await submissions.listings(wanted(limit=3, after="2"))

    assert [int(row.id) for row in listing.rows] == [3, 4, 5, 6]
    assert not listing.complete


async def test_rows_are_asked_for_under_each_id_of_an_artist(submissions):
    assert await ids(submissions, scope=Scope(("ada", "7"))) == [
        [1, 3, 5, 7],
        [2, 4, 6],
    ]


async def test_fewer_rows_are_asked_for_where_they_are_large(
    submissions, postgrest, monkeypatch
):
    monkeypatch.setattr(table, "MAX_ANSWER_BYTES", 2_500)
    for row in postgrest.rows:
        row["pad"] = "x" * 1_000

    assert await ids(submissions) == [[1, 2, 3, 4, 5, 6, 7]]


async def test_row_that_is_too_large_is_no_end_of_the_table(
    submissions, postgrest, monkeypatch
):
    monkeypatch.setattr(table, "MAX_ANSWER_BYTES", 500)
    postgrest.rows[3]["pad"] = "x" * 1_000

    with pytest.raises(Transient):
        await submissions.listings(wanted())


def refusal(value, code="22P02"):
    message = f'invalid input syntax for type uuid: "{value}"'
    return 400, msgspec.json.encode({"code": code, "message": message})


async def test_value_that_the_column_cannot_hold_has_no_rows(submissions, postgrest):
    postgrest.failure = refusal("ada")

    assert await ids(submissions, scope=Scope(("ada",)), after="1") == [[]]
    assert not await submissions.has("x", Scope())


async def test_cursor_of_another_table_is_refused(submissions, postgrest):
    postgrest.failure = refusal("99999999999999999999", code="22003")

    with pytest.raises(Problem) as caught:
        await submissions.listings(wanted(after="99999999999999999999"))
    assert (caught.value.status, caught.value.parameter) == (400, "cursor")


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ((500, b"oops"), Transient),
        ((401, b"{}"), Misconfigured),
        ((404, b'{"code":"PGRST205"}'), Transient),
        ((400, b"not json"), Transient),
        ((200, b"[{}]"), Transient),
        ((200, b'[{"id":"a","x":"\xff"}]'), Transient),
        ((200, b"[" * 100_000), Transient),
    ],
)
async def test_answer_that_is_none_is_never_taken_for_an_empty_table(
    submissions, postgrest, failure, error
):
    postgrest.failure = failure

    with pytest.raises(error):
        await submissions.listings(wanted())


async def test_silence_ends_at_the_deadline(submissions, postgrest, monkeypatch):
    monkeypatch.setattr(table, "DEADLINE", 0.05)
    postgrest.hangs = True

    with pytest.raises(Transient):
        await submissions.listings(wanted())
    with pytest.raises(Transient):
        await submissions.has("1", Scope())


async def test_single_row_is_found_under_any_id_of_the_artist(submissions, postgrest):
    assert await submissions.has("1", Scope(("nobody", "ada")))
    postgrest.rows.clear()
    assert not await submissions.has("1", Scope(("nobody", "ada")))
