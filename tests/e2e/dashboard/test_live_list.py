"""The pages, open in browsers, while rows change."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.timeout(300)


def test_change_made_elsewhere_is_in_its_cell_within_a_second(play) -> None:
    told = play("change_in_place")

    assert told["milliseconds"] < 1_000
    assert told["sameDocument"] is True


def test_two_admins_and_the_artist_see_a_change_and_its_mail_within_a_second(
    play,
) -> None:
    told = play("everybody_at_once")

    assert max(told["milliseconds"].values()) < 1_000, told
    assert told["otherArtistSaw"] is False
    assert told["otherArtistHasIt"] is False
