"""A list that is open while its gateway is killed, or its machine sleeps."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.timeout(300)

TOKEN_SECONDS = 15
ENVIRON = {"SUPABASE_STANDIN_TOKEN_SECONDS": str(TOKEN_SECONDS)}


def test_list_is_back_by_itself_after_a_gateway_is_killed(play, running) -> None:
    told = play("gateway_killed", GATEWAY_PID=str(running.pid_of("gateway")))

    assert told["readable"] is True
    assert told["words"] == ["Reconnecting", "Live Updates"]


def test_list_is_back_by_itself_after_a_sleep_longer_than_its_token(
    play, record_property
) -> None:
    told = play("laptop_sleep", ASLEEP_SECONDS=str(TOKEN_SECONDS + 3))

    assert told["expired"] is True
    assert told["renewed"] is True
    record_property("milliseconds", told["milliseconds"])
