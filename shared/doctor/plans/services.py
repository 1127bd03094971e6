"""The services' own `/health`, where they listen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared.address import host_and_port
from shared.doctor.checks import reached
from shared.doctor.place import Place
from shared.doctor.probes.http import ask
from shared.doctor.running import Check

_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # nosec B104 # looked for, not bound


def checks(place: Place) -> Iterator[Check[Any]]:
    """Return a look at each service that could start."""
    for standing in place.standings:
        service = standing.service
        if standing.settings is None:
            continue
        address = _reachable(getattr(standing.settings, service.bind.lower()))
        yield Check(
            group=reached.SERVICES,
            name=service.name,
            fetch=partial(ask, f"http://{address}/health"),
            decide=partial(
                reached.health,
                reached.SERVICES,
                service.name,
                start=f"Start the {service.name}; it should listen at {service.bind},"
                " and its log says why it does not.",
            ),
        )


def _reachable(bind: str) -> str:
    host, port = host_and_port(bind)
    if host in _EVERYWHERE:
        host = "127.0.0.1"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
