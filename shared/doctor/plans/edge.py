"""The edge: does it answer, and is its certificate good?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.doctor.checks import certificate, reached
from shared.doctor.place import Place
from shared.doctor.probes.certificate import certificate_of
from shared.doctor.probes.http import ask
from shared.doctor.running import Check


def checks(place: Place) -> Iterator[Check[Any]]:
    """Return what there is to ask; nothing where nobody knows its address."""
    public = place.field("public_url", "mailer")
    address = place.own.edge_url or public
    if address:
        yield Check(
            group=reached.EDGE,
            name="edge",
            fetch=partial(ask, f"{address}/health"),
            decide=partial(
                reached.health,
                reached.EDGE,
                "edge",
                start="Start the edge, and see that PUBLIC_URL leads to it; where only"
                " this machine cannot go that way, set EDGE_URL to a way that it can.",
            ),
        )
    seen = public or place.own.edge_url or ""
    if seen.startswith("https://"):
        yield Check(
            group=certificate.GROUP,
            name=certificate.NAME,
            fetch=partial(certificate_of, seen),
            decide=partial(certificate.judged, now=place.now),
        )
    elif seen:
        yield Check(
            group=certificate.GROUP,
            name=certificate.NAME,
            fetch=lambda: seen,
            decide=certificate.unencrypted,
        )
