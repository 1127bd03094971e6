"""A list that is open while its gateway is killed, or its machine sleeps."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.timeout(480)

TOKEN_SECONDS, ASLEEP_SECONDS = 30, 60
ENVIRON = {"SUPABASE_STANDIN_TOKEN_SECONDS": str(TOKEN_SECONDS)}


def test_list_is_back_by_itself_after_a_gateway_is_killed(play, running) -> None:
    told = play("gateway_killed", GATEWAY_PID=str(running.pid_of("gateway")))

    assert told["readable"] is True
    assert told["words"] == ["Reconnecting", "Live Updates"]


def test_list_is_back_by_itself_after_a_minutes_sleep_longer_than_its_token(
    play, record_property
) -> None:
    told = play("laptop_sleep", ASLEEP_SECONDS=str(ASLEEP_SECONDS))

    assert told["expired"] is True
    assert told["renewed"] is True
    record_property("milliseconds", told["milliseconds"])
