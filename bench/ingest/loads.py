"""How requests come: so many at once, or so many a second; data."""

from __future__ import annotations

from dataclasses import dataclass

#: pg_net sends so many requests at once, and the next when all are answered.
BATCH = 200
PACE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Requests on so many connections; `per_second` where they come by the clock.

    A batch waits for its last answer; else each connection sends its next request as
    soon as it has an answer.
    """

    name: str
    connections: int
    batches: bool = False
    per_second: int = 0


#: Requests come at their time, whether or not the last one is answered. More
#: connections are opened where these are all busy.
PACED = Load(name=f"{PACE}/s", connections=16, per_second=PACE)


def at_once(connections: int) -> Load:
    """Return the load of so many requests under way at any time."""
    batches = connections >= BATCH
    return Load(name=f"c{connections}", connections=connections, batches=batches)
