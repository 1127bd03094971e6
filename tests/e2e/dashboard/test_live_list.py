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


def test_page_answers_typing_within_100_ms_while_200_rows_change(play) -> None:
    told = play("many_changes")

    print(f"the slowest of {told['keys']} keys took {told['longest']} ms")
    assert told["longest"] < 100


def test_review_is_saved_rolled_back_when_refused_and_beside_another(play) -> None:
    told = play("edit_in_drawer")

    assert told["stored"]["rating"] == 7
    assert told["stored"]["feedback"] == "Warm and wide."
    assert told["keptInForm"] is True
    assert told["typed"] == told["won"] == "Typed while somebody else writes"
