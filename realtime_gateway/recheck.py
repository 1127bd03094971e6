"""Ask Supabase now and then whether those who are connected may still be here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from realtime_gateway.access import Address
from realtime_gateway.admission import Admission, Refusal
from realtime_gateway.connection import Connection
from shared import logs
from shared.errors import Misconfigured, NotPublished, Transient
from shared.events import RevocationData

log = logs.get(__name__)

#: Questions under way at once.
AT_ONCE = 8

Revoke = Callable[[RevocationData], Awaitable[object]]


class Recheck:
    """Each person is asked about once in `interval` seconds, for each address.

    The questions are spread over the interval, so that Supabase does not notice. Who
    may no longer be here is sent away, and `revoke` keeps their tokens out.
    """

    def __init__(
        self,
        admission: Admission,
        connections: Callable[[], Iterable[Connection]],
        revoke: Revoke,
        *,
        interval: float,
    ) -> None:
        self._admission = admission
        self._connections = connections
        self._revoke = revoke
        self._interval = interval
        self._places = asyncio.Semaphore(AT_ONCE)
        #: Whom Supabase Auth has been seen to have, of those who are connected.
        self._known: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._go_round())

    async def close(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _go_round(self) -> None:
        async with asyncio.TaskGroup() as asking:
            while True:
                people = self._people()
                self._known &= {members[0].identity.subject for members in people}
                if not people:
                    await asyncio.sleep(self._interval)
                for members in people:
                    await asyncio.sleep(self._interval / len(people))
                    await self._places.acquire()
                    asking.create_task(self._ask_about(members))

    def _people(self) -> list[list[Connection]]:
        groups: dict[tuple[str, Address], list[Connection]] = {}
        for each in self._connections():
            groups.setdefault((each.identity.subject, each.address), []).append(each)
        return list(groups.values())

    async def _ask_about(self, members: list[Connection]) -> None:
        first, subject = members[0], members[0].identity.subject
        try:
            known = await self._admission.check_again(
                first.address, first.identity, known_before=subject in self._known
            )
            if known:
                self._known.add(subject)
        except Refusal as refusal:
            await self._send_away(members, refusal)
        except (Transient, Misconfigured) as error:
            # Nobody can say that they may not: tokens run out by themselves.
            log.warning("access.not-checked", reason=str(error))
        except Exception as error:  # one person's data must not end it for all
            log.error("access.not-checked", exc_info=error)
        finally:
            self._places.release()

    async def _send_away(self, members: list[Connection], refusal: Refusal) -> None:
        for each in members:
            each.outlet.end(refusal.code)
        log.info(
            "access.ended",
            connections=[each.connection_id for each in members],
            code=refusal.code.number,
            detail=str(refusal),
        )
        # Else they would come back with the same token.
        try:
            await self._revoke(RevocationData(user_id=members[0].identity.subject))
        except NotPublished as error:
            log.warning("access.not-told", reason=str(error))
