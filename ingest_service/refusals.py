"""Who is refused too often is told to wait; who signs is never made to.

Each worker process counts for itself, in memory.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from http import HTTPStatus

from ingest_service.intake import Decision, Refused
from shared.peers import Network, as_counted, client_address
from shared.throttle import Throttles

#: A minute's refusals may come at once, and then one by one.
MINUTE = 60.0


class Refusals:
    """Count what is unsigned or wrongly signed, for each client's address."""

    def __init__(self, *, per_minute: int, trusted: Sequence[Network]) -> None:
        self._throttles = Throttles(per_minute / MINUTE, burst=per_minute)
        self._retry_after = math.ceil(MINUTE / per_minute)
        self._trusted = trusted

    def count(
        self, decision: Decision, *, peer: str | None, forwarded_for: str, now: float
    ) -> Decision:
        """Return the decision: 429 in place of a 401 that is one too many.

        `peer` is the connection's address, `forwarded_for` what X-Forwarded-For says;
        `now` is in seconds.
        """
        if not isinstance(decision, Refused) or (
            decision.status is not HTTPStatus.UNAUTHORIZED
        ):
            return decision
        wait = self.wait(peer=peer, forwarded_for=forwarded_for, now=now)
        if wait is None:
            return decision
        return dataclasses.replace(
            decision, status=HTTPStatus.TOO_MANY_REQUESTS, retry_after=wait
        )

    def wait(self, *, peer: str | None, forwarded_for: str, now: float) -> int | None:
        """Count a refusal; return the seconds to wait where it is one too many."""
        told = client_address(peer, [forwarded_for], self._trusted)
        address = told or as_counted(peer) or ""
        return None if self._throttles.allow(address, now) else self._retry_after
