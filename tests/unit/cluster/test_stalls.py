"""The longest time in which nothing grew, within what one looks at."""

from __future__ import annotations

import pytest

from tests.cluster.stalls import longest_gap


@pytest.mark.parametrize(
    ("times", "longest"),
    [
        ([], 10),
        ([12, 13, 19], 6),
        ([5, 9.5, 11, 20.5], 9),
        ([17], 7),
        ([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 40], 1),
    ],
)
def test_gap_may_be_between_two_or_before_the_first_or_after_the_last(times, longest):
    assert longest_gap(times, 10, 20) == longest
