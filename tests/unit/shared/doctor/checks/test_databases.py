"""What is made of the ledger's and the outbox's databases."""

from __future__ import annotations

import pytest

from shared.doctor.checks import (
    databases,
)
from shared.doctor.probes.databases import Told
from tests.plugins.findings import (
    AWAY,
    said,
    worst,
)


@pytest.mark.parametrize(
    ("response", "verdict"),
    [(Told("1"), "ok"), (Told(None), "ok"), (Told("2"), "fault"), (AWAY, "fault")],
)
def test_ledger(response, verdict):
    assert worst(databases.ledger(response, layout=1)) == verdict


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        (databases.PACK, "ok"),
        (databases.PACK - 1, "fault"),
        (databases.PACK + 1, "warning"),
        ("x", "fault"),
        (None, "fault"),
    ],
)
def test_version_of_the_pack(version, verdict):
    assert worst(databases.pack(said(200, version))) == verdict


def test_pack_that_cannot_be_asked_is_needed_by_the_relay_alone():
    assert worst(databases.pack(said(404))) == "warning"
    assert worst(databases.outbox(Told(None))) == "fault"
    assert worst(databases.outbox(Told(str(databases.PACK)))) == "ok"
