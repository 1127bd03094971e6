"""Ask Supabase now and then whether those who are connected may still be here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from realtime_gateway.access import Address
from realtime_gateway.admission import Admission, Refusal
from realtime_gateway.connection import Connection
from shared import logs
from shared.errors import Misconfigured, Transient

log = logs.get(__name__)


class Recheck:
    """Each person is asked about once in `interval` seconds, for each address.

    The questions are spread over the interval, so that Supabase does not notice.
    """

    def __init__(
        self,
        admission: Admission,
        connections: Callable[[], Iterable[Connection]],
        *,
        interval: float,
    ) -> None:
        self._admission = admission
        self._connections = connections
        self._interval = interval
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._go_round())

    def close(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()

    async def _go_round(self) -> None:
        while True:
            people = self._people()
            if not people:
                await asyncio.sleep(self._interval)
            for members in people:
                await asyncio.sleep(self._interval / len(people))
                await self._ask_about(members)

    def _people(self) -> list[list[Connection]]:
        groups: dict[tuple[str, Address], list[Connection]] = {}
        for each in self._connections():
            groups.setdefault((each.identity.subject, each.address), []).append(each)
        return list(groups.values())

    async def _ask_about(self, members: list[Connection]) -> None:
        first = members[0]
        try:
            await self._admission.check_again(first.address, first.identity)
        except Refusal as refusal:
            for each in members:
                log.info(
                    "access.ended",
                    connection_id=each.connection_id,
                    code=refusal.code.number,
                    detail=str(refusal),
                )
                each.outlet.end(refusal.code)
        except (Transient, Misconfigured) as error:
            # Nobody can say that they may not: tokens run out by themselves.
            log.warning("access.not-checked", reason=str(error))
