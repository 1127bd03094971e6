"""When is everything done with that was sent? Asked until a deadline."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress

from tests.chaos import evidence
from tests.chaos.clients import Listener
from tests.chaos.traffic import Traffic
from tests.chaos.world import World
from tests.chaos.writers import Writer
from tests.plugins.ledgers import depths

#: Between two looks, in seconds.
LOOK = 0.5


class Quiet:
    """What is still to be done before the oracle can judge."""

    def __init__(
        self,
        world: World,
        traffic: Sequence[Traffic],
        writer: Writer,
        listeners: Sequence[Listener],
    ) -> None:
        self._world = world
        self._traffic = traffic
        self._writer = writer
        self._listeners = listeners

    async def wait(self, deadline: float) -> list[str]:
        """Return what is still open when all is done, or at the deadline, in seconds.

        Nothing is open only where two looks in a row have found nothing.
        """
        ends, quiet = time.monotonic() + deadline, 0
        left: list[str] = []
        while quiet < 2 and time.monotonic() < ends:
            await asyncio.sleep(LOOK)
            try:
                left = await asyncio.to_thread(lambda: list(self._open()))
            except Exception as error:  # noqa: BLE001 # something is not back yet
                left = [f"{type(error).__name__}: {str(error)[:200]}"]
            quiet = 0 if left else quiet + 1
        return left

    def _open(self) -> Iterator[str]:
        """Yield what is open; what costs much is looked at last."""
        cheap = [*self._of_senders(), *self._of_services()]
        yield from cheap
        if not cheap:
            mails = list(self._of_mails())
            yield from mails
            if not mails:
                yield from self._of_clients()

    def _of_senders(self) -> Iterator[str]:
        for each in self._traffic:
            if each.waiting:
                yield f"{each.waiting} of {each.way} wait for their 202"
        undelivered = self._writer.undelivered()
        if undelivered:
            yield f"{undelivered} wait in the outbox"

    def _of_services(self) -> Iterator[str]:
        for name, service in self._world.services.items():
            told = evidence.health_of(service.url)
            if told.get("code") != 200:
                yield f"{name} is {told.get('status', 'away')}"
            depth = told.get("spool", {}).get("depth")
            if depth:
                yield f"{depth} wait in the spool"

    def _of_mails(self) -> Iterator[str]:
        untold = evidence.untold(self._world)
        if untold:
            yield f"Mailgun has still to tell of {untold} mails"
        for queue, depth in depths(self._world.bus.urls[0]).items():
            if queue != "mailer.dead-letters":
                yield f"{depth} wait in {queue}"
        states = [entry.state for entry in evidence.ledger_of(self._world)]
        count = sum(state in evidence.OPEN for state in states)
        if count:
            yield f"{count} mails are waiting or uncertain"

    def _of_clients(self) -> Iterator[str]:
        ends = {name: self._end_of(name) for name in self._world.gateways}
        if len(set(ends.values())) > 1:
            yield f"the logs end at different events: {ends}"
        rooms = {}
        log = evidence.log_of(self._world, next(iter(ends)))
        for each in self._listeners:
            mine = each.listening
            if mine.owner not in rooms:
                heard = [event.id for event in log if mine.hears(event)]
                rooms[mine.owner] = heard[-1:]
            if rooms[mine.owner] and rooms[mine.owner] != [each.since]:
                yield f"{mine.name} has not heard the last event"

    def _end_of(self, gateway: str) -> tuple[int, str | None]:
        found = [(0, None)]
        for file in (self._world.folder / gateway).rglob("changes.sqlite3"):
            with suppress(sqlite3.Error), closing(sqlite3.connect(file)) as log:
                found += log.execute(
                    "select count(*), (select event_id from changes"
                    " order by position desc limit 1) from changes"
                ).fetchall()
        return max(found, key=lambda each: each[0])
