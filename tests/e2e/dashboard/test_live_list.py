"""An admin's list, open in a browser, while rows change."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.timeout(300)


def test_change_made_elsewhere_is_in_its_cell_within_a_second(play) -> None:
    told = play("change_in_place")

    assert told["milliseconds"] < 1_000
    assert told["sameDocument"] is True
