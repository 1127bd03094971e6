"""Which outcome is the newest: the vectors, to which the dashboard is held too."""

import json
from itertools import permutations
from pathlib import Path

import msgspec
import pytest

from realtime_gateway.api import outcomes
from realtime_gateway.protocol import EmailUpdate

VECTORS = json.loads(
    (Path(__file__).parents[3] / "vectors" / "mail_outcomes.json").read_text("utf-8")
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_newest_is_the_same_in_whatever_order_they_come(vector):
    newest = msgspec.convert(vector["newest"], EmailUpdate)
    others = msgspec.convert(vector["others"], list[EmailUpdate])

    found = {outcomes.newest(told) for told in permutations([newest, *others])}

    assert found == {newest}


def test_last_of_equals_is_the_newest():
    first = msgspec.convert(VECTORS[0]["newest"], EmailUpdate)
    last = msgspec.structs.replace(first, reason="told again")

    assert outcomes.newest([first, last]) is last


def test_there_is_no_newest_of_none():
    with pytest.raises(ValueError, match=r"empty|no "):
        outcomes.newest([])
