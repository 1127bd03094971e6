"""Which checks there are for what is configured here."""

from __future__ import annotations

from typing import Any

from shared.doctor.place import Place
from shared.doctor.plans import bus, edge, keeping, mailgun, services, supabase
from shared.doctor.running import Check


def checks_of(place: Place) -> list[Check[Any]]:
    """Return all that there is to fetch, in the report's order."""
    return [
        *bus.checks(place),
        *supabase.checks(place),
        *mailgun.checks(place),
        *keeping.checks(place),
        *services.checks(place),
        *edge.checks(place),
    ]
