"""From the stream into the change log, and from there to whoever listens.

The stream is read from the last event that the change log holds, that one included: if
it is not what comes first, this is another stream (or its retention has overtaken us),
and the log is rebuilt. An offset beyond the end delivers nothing at all, so silence
counts as "another" too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from realtime_gateway.changelog import Bookmark, ChangeLog, Entry
from shared import events, logs
from shared.amqp.stream import StreamDelivery, StreamReader
from shared.errors import Malformed
from shared.events import Event
from shared.topology import CHANGE_LOG_STREAM

log = logs.get(__name__)

#: A stream that has more to give does not pause this long, in seconds.
QUIET = 0.3
#: A known offset is answered at once; after this it is beyond the stream's end.
BOOKMARK_DEADLINE = 5.0
PRUNE_INTERVAL = 60.0
PRUNE_BATCH = 5_000

Listener = Callable[[Sequence[tuple[int, Event]]], None]


class Feed:
    """Read, store, tell. `on_events` gets each event once, in order, after storing.

    `on_rebuild` is called when what was told before is no longer sure to be complete.
    """

    def __init__(
        self,
        url: str,
        changelog: ChangeLog,
        *,
        history: timedelta,
        on_events: Listener,
        on_rebuild: Callable[[], None],
    ) -> None:
        self._changelog = changelog
        self._history = history
        self._on_events = on_events
        self._on_rebuild = on_rebuild
        self._loop = asyncio.get_running_loop()
        self._writer = ThreadPoolExecutor(1, "changelog-writer")
        self._bookmark: Bookmark | None = changelog.bookmark()
        self._expected: Bookmark | None = None
        self._arrived: list[StreamDelivery] = []
        self._storing: asyncio.Task[None] | None = None
        self._pruning: asyncio.Task[None] | None = None
        self._attached_at = float("inf")
        self._heard_at = 0.0
        self._attachment = 0
        self._listening = False
        self.caught_up = asyncio.Event()
        self.reader = StreamReader(
            url,
            name="realtime_gateway",
            stream=CHANGE_LOG_STREAM,
            start_at=self._start,
            on_attached=self._attached,
            on_delivery=self._delivered,
            on_lost=self._lost,
        )

    @property
    def live(self) -> bool:
        """Tell whether events arrive as they happen."""
        return self.reader.connected and self.caught_up.is_set()

    def open(self) -> None:
        """Begin to read."""
        self.reader.open()
        self._pruning = asyncio.create_task(self._prune_now_and_then())

    async def close(self) -> None:
        """Stop reading, finish what is being stored."""
        if self._pruning:
            self._pruning.cancel()
        await self.reader.close(timeout=3)
        if self._storing:
            await self._storing
        await self._loop.run_in_executor(None, self._writer.shutdown)

    # Attaching: is it the stream that we know?

    def _start(self) -> int | None:
        self._expected = self._bookmark
        self._listening = True
        return self._bookmark.stream_offset if self._bookmark else None

    def _attached(self) -> None:
        self._attachment += 1
        self._attached_at = time.time()
        self._heard_at = self._loop.time()
        self._loop.call_later(QUIET, self._listen_for_quiet, self._attachment)
        if self._expected:
            self._loop.call_later(
                BOOKMARK_DEADLINE, self._miss_bookmark, self._attachment
            )

    def _lost(self) -> None:
        self._detach()

    def _detach(self) -> None:
        """Hear nothing more of this consumer: what is not stored comes again."""
        self._attachment += 1
        self._listening = False
        self._arrived.clear()

    def _listen_for_quiet(self, attachment: int) -> None:
        if attachment != self._attachment or self.caught_up.is_set():
            return
        idle = self._loop.time() - self._heard_at
        busy = self._expected or self._arrived or self._storing
        if idle >= QUIET and not busy:
            self._catch_up()
        else:
            self._loop.call_later(QUIET, self._listen_for_quiet, attachment)

    def _miss_bookmark(self, attachment: int) -> None:
        if attachment == self._attachment and self._expected:
            self._rebuild("nothing is delivered at the stored offset")

    def _catch_up(self) -> None:
        if not self.caught_up.is_set():
            log.info("feed.live", bookmark=_offset(self._bookmark))
            self.caught_up.set()

    def _rebuild(self, reason: str) -> None:
        log.warning("feed.rebuild", reason=reason, bookmark=_offset(self._bookmark))
        self._detach()
        self._bookmark = self._expected = None
        self.caught_up.clear()
        self._on_rebuild()
        self._writer.submit(self._changelog.clear)
        self.reader.restart()

    # Deliveries.

    def _delivered(self, delivery: StreamDelivery) -> None:
        if not self._listening:
            return
        self._heard_at = self._loop.time()
        if self._expected:
            found = Bookmark(delivery.offset, delivery.message_id)
            if found != self._expected:
                self._rebuild("another event stands at the stored offset")
                return
            self._expected = None
            self.reader.ack_up_to(delivery)
            return
        self._arrived.append(delivery)
        if self._storing is None:
            self._storing = self._loop.create_task(self._store())

    async def _store(self) -> None:
        try:
            while self._arrived:
                batch, self._arrived = self._arrived, []
                attachment = self._attachment
                entries = [entry for each in batch if (entry := _entry(each))]
                new = await self._loop.run_in_executor(
                    self._writer, self._changelog.append, entries
                )
                self._told(batch[-1], new, attachment)
        finally:
            self._storing = None

    def _told(
        self, last: StreamDelivery, new: list[tuple[int, Event]], attachment: int
    ) -> None:
        if attachment == self._attachment:
            self._bookmark = Bookmark(last.offset, last.message_id)
            self.reader.ack_up_to(last)
        # Else the consumer went away while this was being stored: it is read again
        # from the older bookmark, and dropped then as already stored.
        self._on_events(new)
        if new and _time_of(new[-1][1]) >= self._attached_at:
            self._catch_up()

    async def _prune_now_and_then(self) -> None:
        while True:
            pruned = await self._loop.run_in_executor(self._writer, self._prune)
            if pruned < PRUNE_BATCH:
                await asyncio.sleep(PRUNE_INTERVAL)

    def _prune(self) -> int:
        before = datetime.now(UTC) - self._history
        return self._changelog.prune(
            before=before.isoformat(timespec="milliseconds"), at_most=PRUNE_BATCH
        )


def _entry(delivery: StreamDelivery) -> Entry | None:
    try:
        event = events.decode(delivery.body)
    except Malformed as error:
        # It stays in the stream for whoever can read it; it must not stop the line.
        log.error(
            "feed.malformed",
            offset=delivery.offset,
            event_id=delivery.message_id[:200],
            reason=str(error)[:300],
        )
        return None
    return Entry(stream_offset=delivery.offset, event=event, body=delivery.body)


def _time_of(event: Event) -> float:
    try:
        return datetime.fromisoformat(event.time).timestamp()
    except ValueError:
        return float("-inf")


def _offset(bookmark: Bookmark | None) -> int | None:
    return bookmark.stream_offset if bookmark else None
