"""What is made of a data folder."""

from __future__ import annotations

import pytest

from shared.doctor.checks import (
    folders,
)
from shared.doctor.probes.folders import Folder
from tests.plugins.findings import (
    holds_remedies,
    worst,
)


def folder(**changes: object) -> Folder:
    plain = {
        "path": "/data",
        "exists": True,
        "is_folder": True,
        "writable": True,
        "free": 10**10,
    }
    return Folder(**(plain | changes))


@pytest.mark.parametrize(
    ("there", "verdict"),
    [
        (folder(), "ok"),
        (folder(is_folder=False), "fault"),
        (folder(writable=False), "fault"),
        (folder(foreign="spool.sqlite3"), "fault"),
        (folder(free=10**7), "fault"),
        (folder(free=10**9), "warning"),
        (folder(free=10**9, used=15 * 10**8), "ok"),
    ],
)
def test_folder(there, verdict):
    found = folders.judged(
        "GATEWAY_DATA_DIR", there, may_grow_to=2 * 10**9, limit="HISTORY_BYTES"
    )

    assert worst(found) == verdict
    assert holds_remedies(found)
