"""From the stream into the change log, and from there to whoever listens.

    attaching -> checking the bookmark -> reading -> live
                         |
                     rebuilding -> attaching

The stream is read from the last event that the change log has read, that one included:
if it is not what comes first, this is another stream (or its retention has overtaken
us), and the log is rebuilt. An offset beyond the end delivers nothing at all, so
silence counts as "another" too.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence

from realtime_gateway.changelog.entries import Bookmark, Entry, Stored
from realtime_gateway.changelog.keeper import Keeper
from shared import events, logs, sqlite
from shared.amqp.stream import StreamDelivery, StreamReader
from shared.errors import Malformed
from shared.topology import CHANGE_LOG_STREAM

log = logs.get(__name__)

#: A known offset is answered at once; after this it is beyond the stream's end.
BOOKMARK_DEADLINE = 5.0
#: After an error of the file, before the stream is read again from the bookmark.
STORE_PAUSE = 1.0

Listener = Callable[[Sequence[Stored]], None]


class Feed:
    """Read, store, tell. `on_events` gets each event once, in order, after storing.

    `on_rebuild` is called when what was told before is no longer sure to be complete.
    """

    def __init__(
        self,
        url: str,
        keeper: Keeper,
        *,
        bookmark: Bookmark | None,
        on_events: Listener,
        on_rebuild: Callable[[], None],
    ) -> None:
        self._keeper = keeper
        self._on_events = on_events
        self._on_rebuild = on_rebuild
        self._loop = asyncio.get_running_loop()
        self._bookmark = bookmark
        self._expected: Bookmark | None = None
        self._arrived: list[tuple[int, StreamDelivery]] = []
        self._storing: asyncio.Task[None] | None = None
        self._rebuilding: asyncio.Task[None] | None = None
        self._end: int | None = None
        self._looking = False
        self._looks = 0
        self._attachment = 0
        self._listening = False
        self.caught_up = asyncio.Event()
        self.reader = StreamReader(
            url,
            name="realtime_gateway",
            stream=CHANGE_LOG_STREAM,
            start_at=self._start,
            on_attached=self._attached,
            on_end=self._end_found,
            on_delivery=self._delivered,
            on_lost=self._detach,
        )

    @property
    def live(self) -> bool:
        """Tell whether events arrive as they happen."""
        return self.reader.connected and self.caught_up.is_set()

    @property
    def behind(self) -> int | None:
        """Return by how many offsets the log is behind the stream's last known end."""
        if self._end is None:
            return None
        read = self._bookmark.stream_offset if self._bookmark else -1
        return max(0, self._end - read)

    def look_for_end(self) -> None:
        """Begin to find out where the stream ends now."""
        if self.live and not self._looking:
            self._looking = True
            self.reader.look_for_end()

    @property
    def next_look(self) -> int:
        """Return the number of the first look that begins from now on."""
        return self._looks + (2 if self._looking else 1)

    def has_read_up_to(self, look: int) -> bool:
        """Tell whether all is stored that the stream had at this look; have it done."""
        if self._looks < look:
            self.look_for_end()
        # At a bookmark of another stream nothing is behind, and nothing has been read.
        return self._looks >= look and self.behind == 0 and self._expected is None

    def open(self) -> None:
        """Begin to read."""
        self.reader.open()

    async def close(self) -> None:
        """Stop reading, finish what is being stored."""
        if self._rebuilding:
            self._rebuilding.cancel()
        await self.reader.close(timeout=3)
        if self._storing:
            await self._storing

    def file_unusable(self, error: Exception) -> None:
        """Read everything anew where the change log's file is lost or damaged."""
        damaged = isinstance(error, sqlite3.Error) and sqlite.is_damage(error)
        if damaged or isinstance(error, Malformed):
            self._rebuild("the change log's file is damaged", renew=True)

    def file_lost(self) -> None:
        """Read everything anew: the file is not where it was."""
        self._rebuild("the change log's file is gone", renew=True)

    # Attaching: is it the stream that we know?

    def _start(self) -> int | None:
        self._expected = self._bookmark
        self._listening = True
        return self._bookmark.stream_offset if self._bookmark else None

    def _attached(self) -> None:
        self._attachment += 1
        self._looking = True  # the reader does so by itself
        if self._expected:
            self._loop.call_later(
                BOOKMARK_DEADLINE, self._miss_bookmark, self._attachment
            )

    def _end_found(self, offset: int | None) -> None:
        self._looking = False
        self._looks += 1
        self._end = -1 if offset is None else offset
        self._see_whether_caught_up()

    def _detach(self) -> None:
        """Hear nothing more of this consumer: what is not stored comes again."""
        self._attachment += 1
        self._listening = False
        self._end = None
        self._arrived.clear()

    def _miss_bookmark(self, attachment: int) -> None:
        if attachment == self._attachment and self._expected:
            self._rebuild("nothing is delivered at the stored offset")

    def _check_bookmark(self, expected: Bookmark, delivery: StreamDelivery) -> None:
        missed = delivery.offset - expected.stream_offset
        if missed > 0:
            log.warning(
                "feed.gap", bookmark=expected.stream_offset, oldest=delivery.offset
            )
            self._rebuild("the stream no longer keeps what comes next")
        elif Bookmark(delivery.offset, delivery.message_id) != expected:
            self._rebuild("another event stands at the stored offset")
        else:
            self._expected = None
            self.reader.ack_up_to(delivery)
            self._see_whether_caught_up()

    def _see_whether_caught_up(self) -> None:
        if self._end is None or self._expected or self.caught_up.is_set():
            return
        if self._end <= (self._bookmark.stream_offset if self._bookmark else -1):
            log.info("feed.live", bookmark=_offset(self._bookmark))
            self.caught_up.set()

    def _rebuild(self, reason: str, *, renew: bool = False) -> None:
        if self._rebuilding is not None and not self._rebuilding.done():
            return
        log.warning("feed.rebuild", reason=reason, bookmark=_offset(self._bookmark))
        self._detach()
        self._bookmark = self._expected = None
        self.caught_up.clear()
        self._on_rebuild()
        self._rebuilding = self._loop.create_task(self._start_anew(renew=renew))

    async def _start_anew(self, *, renew: bool) -> None:
        while True:
            try:
                await (self._keeper.renew() if renew else self._keeper.clear())
                break
            except (sqlite3.Error, OSError) as error:
                log.error("changelog.not-cleared", error=str(error))
                renew = renew or (
                    isinstance(error, sqlite3.Error) and sqlite.is_damage(error)
                )
                await asyncio.sleep(STORE_PAUSE)
        # What may have been read meanwhile is gone with the rest.
        self._detach()
        self._bookmark = self._expected = None
        self.reader.restart()

    # Deliveries.

    def _delivered(self, delivery: StreamDelivery) -> None:
        if not self._listening:
            return
        if self._expected:
            self._check_bookmark(self._expected, delivery)
            return
        self._arrived.append((time.time_ns(), delivery))
        if self._storing is None:
            self._storing = self._loop.create_task(self._store())

    async def _store(self) -> None:
        try:
            while self._arrived:
                batch, self._arrived = self._arrived, []
                await self._store_batch(batch)
        except sqlite3.Error as error:
            # Nothing of this batch was acked or told: it is read again.
            log.error("changelog.not-written", error=str(error)[:300])
            if sqlite.is_damage(error):
                self.file_unusable(error)
                return
            await self._read_again()
        except Exception as error:  # whatever it is, the batch must not be passed over
            log.error("feed.not-stored", exc_info=error)
            await self._read_again()
        finally:
            self._storing = None

    async def _read_again(self) -> None:
        self._detach()
        self.caught_up.clear()
        await asyncio.sleep(STORE_PAUSE)
        self.reader.restart()

    async def _store_batch(self, batch: list[tuple[int, StreamDelivery]]) -> None:
        attachment, last = self._attachment, batch[-1][1]
        entries = [entry for at, each in batch if (entry := _entry(each, at))]
        bookmark = Bookmark(last.offset, last.message_id)
        new = await self._keeper.append(entries, bookmark)
        # First of all: what is stored is not new any more, whatever happens now.
        if self._rebuilding is None or self._rebuilding.done():
            self._on_events(new)
        if attachment == self._attachment:
            self._bookmark = bookmark
            self.reader.ack_up_to(last)
        # Else the consumer went away while this was being stored: it is read again
        # from the older bookmark, and dropped then as already stored.
        self._see_whether_caught_up()


def _entry(delivery: StreamDelivery, arrived: int) -> Entry | None:
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
    return Entry(
        stream_offset=delivery.offset,
        event=event,
        body=delivery.body,
        arrived=arrived,
    )


def _offset(bookmark: Bookmark | None) -> int | None:
    return bookmark.stream_offset if bookmark else None
