"""What is made of a server's time beside one's own."""

from __future__ import annotations

import pytest

from shared.doctor.checks import (
    clock,
)
from shared.doctor.probes.http import Answer
from tests.plugins.findings import (
    NOW,
    worst,
)


@pytest.mark.parametrize(
    ("date", "took", "verdict"),
    [
        ("Fri, 15 Jan 2027 08:00:00 GMT", 0.0, "ok"),
        ("Fri, 15 Jan 2027 08:00:02 GMT", 0.0, "ok"),
        ("Fri, 15 Jan 2027 08:00:04 GMT", 0.0, "warning"),
        ("Fri, 15 Jan 2027 08:00:04 GMT", 4.0, "ok"),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 0.0, "fault"),
        ("Fri, 15 Jan 2027 07:59:30 GMT", 0.0, "fault"),
        ("", 0.0, "nothing"),
        ("yesterday", 0.0, "nothing"),
    ],
)
def test_clock(date, took, verdict):
    answer = Answer(
        status=200, body=b"", date=date, asked_at=NOW, answered_at=NOW + took
    )

    assert worst(clock.beside("Mailgun", answer)) == verdict
