"""What is made of a service's own account of itself."""

from __future__ import annotations

import pytest

from shared.doctor.checks import (
    reached,
)
from shared.version import __version__
from tests.plugins.findings import (
    AWAY,
    holds_remedies,
    said,
    worst,
)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (said(200, {"status": "healthy", "version": __version__}), "ok"),
        (said(200, {"status": "healthy", "version": "0.0.1"}), "warning"),
        (said(200, {"status": "degraded"}), "warning"),
        (said(503, {"status": "unhealthy"}), "fault"),
        (said(502, "bad gateway"), "fault"),
        (said(200, ["healthy"]), "fault"),
        (AWAY, "fault"),
    ],
)
def test_health(reply, verdict):
    found = reached.health(reached.SERVICES, "ingest", reply, start="Start it.")

    assert worst(found) == verdict
    assert holds_remedies(found)
