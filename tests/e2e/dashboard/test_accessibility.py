"""Every page in each state, as a checker of accessibility sees it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.timeout(480)


def test_no_page_violates_an_accessibility_rule_in_any_look(play) -> None:
    told = play("accessibility")

    assert told["violations"] == []
    assert told["judged"] >= 32
