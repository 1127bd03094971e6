"""A ban's duration is read as Go reads it, since GoTrue does."""

from __future__ import annotations

import pytest

from devstack.supabase.admin_users import seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("24h", 86_400),
        ("1h30m", 5_400),
        ("1.5h", 5_400),
        (".5s", 0.5),
        ("300ms", 0.3),
        ("-1h", -3_600),
        ("0", 0),
        ("876000h", 876_000 * 3_600),
    ],
)
def test_duration_is_numbers_with_units(text, seconds):
    assert seconds_of(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "24", "1d", "h", "1h 30m", "1.2.3h", "٢h", "99999999h", "9" * 200 + "s"],
)
def test_anything_else_is_no_duration(text):
    assert seconds_of(text) is None
