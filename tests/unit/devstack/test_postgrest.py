"""PostgREST's query language picks, orders and cuts rows as the real one does."""

from __future__ import annotations

import pytest

from devstack.supabase import postgrest
from devstack.supabase.postgrest import QueryError

ROWS = [
    {"n": 1, "title": "A", "rating": 8, "feedback": None, "done": True},
    {"n": 2, "title": "B, b", "rating": None, "feedback": "so-so", "done": False},
    {"n": 3, "title": "C", "rating": 10, "feedback": "null", "done": False},
    {"n": 4, "title": "d", "rating": 9, "feedback": "", "done": True},
]
OWNER = "11111111-0000-4000-8000-000000000001"


def numbers(*params):
    return [row["n"] for row in postgrest.chosen(ROWS, postgrest.parse(params))]


@pytest.mark.parametrize(
    ("name", "condition", "found"),
    [
        ("title", "eq.A", [1]),
        ("title", "eq.a", []),
        ("rating", "eq.10", [3]),
        ("rating", "neq.8", [3, 4]),
        ("rating", "gt.8", [3, 4]),
        ("rating", "gte.9", [3, 4]),
        ("rating", "lt.9", [1]),
        ("rating", "lte.9", [1, 4]),
        ("rating", "is.null", [2]),
        ("rating", "not.is.null", [1, 3, 4]),
        ("rating", "in.(8,9)", [1, 4]),
        ("rating", "not.in.(8,9)", [3]),
        ("rating", "not.eq.8", [3, 4]),
        ("title", 'in.("B, b",C)', [2, 3]),
        ("title", "in.()", []),
        ("feedback", "eq.null", [3]),
        ("feedback", "eq.", [4]),
        ("done", "eq.true", [1, 4]),
        ("done", "is.false", [2, 3]),
    ],
)
def test_filter_lets_the_right_rows_through(name, condition, found):
    assert numbers((name, condition)) == found


def test_filters_on_one_column_all_hold():
    assert numbers(("n", "gt.1"), ("n", "lt.4")) == [2, 3]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ([("order", "n.desc")], [4, 3, 2, 1]),
        ([("order", "rating")], [1, 4, 3, 2]),
        ([("order", "rating.desc")], [2, 3, 4, 1]),
        ([("order", "rating.desc.nullslast")], [3, 4, 1, 2]),
        ([("order", "rating.asc.nullsfirst")], [2, 1, 4, 3]),
        ([("order", "done.desc,n.desc")], [4, 1, 3, 2]),
        ([("limit", "2")], [1, 2]),
        ([("offset", "3")], [4]),
        ([("order", "n.desc"), ("limit", "2"), ("offset", "1")], [3, 2]),
        ([("limit", "0")], []),
    ],
)
def test_rows_are_ordered_and_cut(params, found):
    assert numbers(*params) == found


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ([("n", "1")], "PGRST100"),
        ([("n", "like_no_one.1")], "PGRST100"),
        ([("id", "eq.not-a-uuid")], "22P02"),
        ([("userid", "in.(1,2)")], "22P02"),
        ([("limit", "many")], "22P02"),
        ([("offset", "-1")], "22P02"),
    ],
)
def test_query_that_makes_no_sense_is_refused_with_its_code(params, code):
    with pytest.raises(QueryError) as refusal:
        postgrest.parse(params)

    assert refusal.value.code == code
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    ("select", "shown"),
    [
        (None, {"id": "s", "userid": OWNER}),
        ("*", {"id": "s", "userid": OWNER}),
        ("id", {"id": "s"}),
        ("id, userid", {"id": "s", "userid": OWNER}),
        ("id,users(name,email)", {"id": "s", "users": {"name": "Ada", "email": "a@"}}),
        (
            "id,users(*)",
            {"id": "s", "users": {"id": OWNER, "name": "Ada", "email": "a@"}},
        ),
    ],
)
def test_select_shows_the_columns_asked_for(select, shown):
    query = postgrest.parse([("select", select)] if select else [])
    owner = {"id": OWNER, "name": "Ada", "email": "a@"}

    assert postgrest.shown({"id": "s", "userid": OWNER}, query, {OWNER: owner}) == shown


def test_row_whose_owner_is_gone_embeds_null():
    query = postgrest.parse([("select", "users(name)")])

    assert postgrest.shown({"userid": OWNER}, query, {}) == {"users": None}


@pytest.mark.parametrize("select", ["nothing", "users(nothing)"])
def test_column_that_is_not_there_is_an_error(select):
    query = postgrest.parse([("select", select)])

    with pytest.raises(QueryError, match="does not exist") as refusal:
        postgrest.shown({"id": "s", "userid": OWNER}, query, {OWNER: {"id": OWNER}})

    assert refusal.value.code == "42703"


def test_filter_on_a_column_that_is_not_there_is_an_error():
    with pytest.raises(QueryError, match="does not exist"):
        numbers(("nothing", "eq.1"))
