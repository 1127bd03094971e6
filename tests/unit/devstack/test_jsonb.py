"""The text of a webhook's body is the text that Postgres makes of a jsonb value."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from devstack.supabase import jsonb


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        ({"a": []}, '{"a": []}'),
        ([1, None, True, False, "x"], '[1, null, true, false, "x"]'),
        ({"bb": 1, "a": 2, "B": 3}, '{"B": 3, "a": 2, "bb": 1}'),
        ({"é": 1, "zz": 2, "abc": 3}, '{"zz": 2, "é": 1, "abc": 3}'),
        ([{"bb": {"d": 1, "c": 2}, "a": 0}], '[{"a": 0, "bb": {"c": 2, "d": 1}}]'),
        (9007199254740993, "9007199254740993"),
        ('"\\/\b\f\n\r\t\x01\x1f', '"\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f"'),
        ("\x7f\x85\u2028<&>🎧", '"\x7f\x85\u2028<&>🎧"'),
    ],
)
def test_values_are_written_as_postgres_writes_them(value, text):
    assert jsonb.text_of(value) == text


@pytest.mark.parametrize(
    ("microsecond", "text"),
    [
        (0, "2026-11-23T12:00:00+00:00"),
        (700_000, "2026-11-23T12:00:00.7+00:00"),
        (13_190, "2026-11-23T12:00:00.01319+00:00"),
        (123_456, "2026-11-23T12:00:00.123456+00:00"),
    ],
)
def test_times_have_no_trailing_zeros(microsecond, text):
    moment = datetime(2026, 11, 23, 12, microsecond=microsecond, tzinfo=UTC)

    assert jsonb.timestamp(moment) == text
