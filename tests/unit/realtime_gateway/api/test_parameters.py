"""A query is read strictly, and its fault is named."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_gateway.api import cursors, parameters
from realtime_gateway.api.cursors import History, Snapshot
from realtime_gateway.api.problems import Problem


def fault(function, *arguments, **options):
    with pytest.raises(Problem) as caught:
        function(*arguments, **options)
    assert caught.value.status == 400
    assert caught.value.parameter in caught.value.detail
    return caught.value.parameter


def test_unknown_and_repeated_parameters_are_refused():
    known = ("limit", "cursor")

    assert parameters.read([("limit", "5")], known) == {"limit": "5"}
    assert fault(parameters.read, [("limits", "5")], known) == "limits"
    assert fault(parameters.read, [("limit", "5"), ("limit", "6")], known) == "limit"


@pytest.mark.parametrize("value", ["0", "501", "-1", "1.0", "", " 5", "٣", "9" * 400])
def test_limit_out_of_range_or_no_number_is_refused(value):
    assert fault(parameters.page_size, {"limit": value}) == "limit"


def test_limit_has_a_default_and_takes_what_is_in_range():
    assert parameters.page_size({}) == 100
    assert [parameters.page_size({"limit": n}) for n in ("1", "500")] == [1, 500]


@pytest.mark.parametrize("value", ["", "x" * 201, "a\x00b", "a\n", "\ud800"])
def test_text_that_no_database_takes_is_refused(value):
    assert fault(parameters.text, {"status": value}, "status") == "status"


def test_uuid_is_looked_up_as_the_database_writes_it():
    uuid = "ABCDEF00-0000-4000-8000-000000000001"

    assert parameters.identifier({"artist_id": uuid}, "artist_id") == uuid.lower()
    assert parameters.identifier({"artist_id": "U-1"}, "artist_id") == "U-1"


@pytest.mark.parametrize(
    "cursor",
    [Snapshot("33333333-x", "evt_1"), Snapshot("7", None), History("é" * 200)],
)
def test_cursor_comes_back_as_it_went(cursor):
    assert cursors.read(type(cursor), cursors.write(cursor)) == cursor


def forged(text):
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "é",
        "x" * 5_000,
        forged(b"null"),
        forged(b'["history","e"]'),
        forged(b'["submissions",1,"e"]'),
        forged(b'["submissions","a\\u0000",null]'),
        forged(b'["submissions","","e"]'),
        forged(b'["submissions","' + b"a" * 201 + b'",null]'),
        forged(b"[" * 3_000),
    ],
)
def test_forged_cursor_is_a_fault_of_the_cursor(text):
    assert fault(cursors.read, Snapshot, text) == "cursor"


@given(st.text(max_size=300))
def test_no_text_makes_reading_a_cursor_fail_otherwise(text):
    with suppress(Problem):
        assert cursors.read(Snapshot, text) is not None
