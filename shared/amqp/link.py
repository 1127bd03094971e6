"""One connection to the broker that is kept up, with one channel made ready for work.

    connecting -> opening a channel -> declaring -> gate -> ready
         ^              ^                                    |
         |              +--------- channel closed -----------+
         +--- the next node --- connection closed -----------+

Everything runs on one loop (pika's own in a thread, or asyncio's), so nothing here
needs a lock. The topology is declared on each channel: start order does not matter.
A user who may not declare looks whether it is there (`shared.amqp.declaring`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.channel import Channel

from shared import logs
from shared.amqp import declaring, nodes, silence
from shared.topology import Topology

log = logs.get(__name__)

RECONNECT_FIRST = 0.1
RECONNECT_LONGEST = 0.5
#: After a nack or a refused declare the broker needs a moment: a channel opened at
#: once on a follower keeps the dead leader and nacks every publish.
REOPEN_DELAY = 0.3
#: So many channels that came to nothing, and another node is asked, where there is one:
#: this one may be back without its queues, or cut off from the others.
FUTILE_CHANNELS = 5

#: Reasons that are told once; nodes have their own, and some hold numbers.
REASONS_KEPT = 20

REMEDY = (
    "the broker has not what the reason names, and this user may not make it: load the"
    " definitions again (python3 -m deploy update)"
)
_NO_FACTS: Mapping[str, str] = {}


class Loop(Protocol):
    """What is asked of a loop: pika's IOLoop and asyncio's both have it."""

    def call_later(self, delay: float, callback: Callable[[], Any], /) -> Any: ...


class Link:
    """Keep a channel ready; call `on_ready(channel)` and `on_lost(reason)` in turn.

    `connect` is `pika.SelectConnection` or `AsyncioConnection`; `loop` the loop that
    it runs on. Call `open` on that loop once, and `close` to end.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str,
        topology: Topology,
        loop: Loop,
        connect: Callable[..., Any],
        on_ready: Callable[[Channel], None],
        on_lost: Callable[[str], None],
        on_closed: Callable[[], None],
        on_blocked: Callable[[bool], None] = lambda blocked: None,
    ) -> None:
        self._turns = nodes.Turns(nodes.shuffled(url), name=name)
        self._name = name
        self._topology = topology
        self._loop = loop
        self._connect = connect
        self._on_ready = on_ready
        self._on_lost = on_lost
        self._on_closed = on_closed
        self._on_blocked = on_blocked
        self._connection: Any = None
        self._channel: Channel | None = None
        self._ready = False
        self._may_declare = True
        self._blocked = False
        self._closing = False
        self._futile_channels = 0
        self._delay = RECONNECT_FIRST
        self._told: set[str] = set()

    @classmethod
    def asyncio(cls, url: str, **options: Any) -> Link:
        """Return a link that runs on an asyncio loop (`loop`)."""
        return cls(url, connect=AsyncioConnection, **options)

    @classmethod
    def threaded(cls, url: str, **options: Any) -> Link:
        """Return a link that runs on pika's own loop (`loop`)."""
        return cls(url, connect=pika.SelectConnection, **options)

    def open(self) -> None:
        """Begin; every later failure is answered by another attempt."""
        if self._closing:
            self._on_closed()
            return
        self._connection = self._connect(
            parameters=self._turns.parameters(),
            on_open_callback=self._connected,
            on_open_error_callback=lambda _, error: self._connection_gone(error),
            on_close_callback=lambda _, error: self._connection_gone(error),
            custom_ioloop=self._loop,
        )

    def close(self) -> None:
        """End for good; `on_closed` is called when the connection is gone."""
        self._closing = True
        connection = self._connection
        if connection is not None and connection.is_open:
            connection.close()
        elif connection is None or connection.is_closed:
            self._on_closed()

    def renew_channel(self) -> None:
        """Leave the channel for a new one: the broker no longer trusts it, or we it."""
        if self._channel is not None and self._channel.is_open:
            self._channel.close()

    def leave_node(self) -> None:
        """Go on to another node at once; where there is none, to another channel."""
        if self._turns.several and self._connection.is_open:
            silence.abandon(self._connection, "the node has stopped to work")
        else:
            self.renew_channel()

    def open_side_channel(self, on_open: Callable[[Channel], None]) -> None:
        """Open one more channel, for what may go wrong without harm to the first."""
        if self._ready and self._connection.is_open:
            self._connection.channel(on_open_callback=on_open)

    def _blocked_is(self, blocked: bool) -> None:
        if blocked != self._blocked:
            self._blocked = blocked
            self._on_blocked(blocked)

    # The steps, in the order in which they happen.

    def _connected(self, connection: Any) -> None:
        connection.add_on_connection_blocked_callback(lambda *_: self._blocked_is(True))
        connection.add_on_connection_unblocked_callback(
            lambda *_: self._blocked_is(False)
        )
        silence.Silence(connection, self._loop).watch()
        self._open_channel(connection)

    def _open_channel(self, connection: Any) -> None:
        # A timer of an earlier connection must not open a second channel on this one.
        current = connection is self._connection and connection.is_open
        if current and not self._closing:
            connection.channel(on_open_callback=self._prepare)

    def _prepare(self, channel: Channel) -> None:
        self._channel = channel
        channel.add_on_close_callback(self._channel_gone)
        way = declaring.declared if self._may_declare else declaring.looked_for
        self._run(channel, way(channel, self._topology))

    def _run(self, channel: Channel, steps: list[declaring.Step]) -> None:
        if not channel.is_open:
            return
        if not steps:
            self._become_ready(channel)
            return
        first, *rest = steps
        first(lambda _: self._run(channel, rest))

    def _become_ready(self, channel: Channel) -> None:
        self._ready = True
        self._turns.answered()
        self._futile_channels = 0
        self._delay = RECONNECT_FIRST
        self._told.clear()
        log.info("broker.ready", link=self._name, node=self._turns.address)
        self._on_ready(channel)

    def _channel_gone(self, channel: Channel, error: Exception) -> None:
        if channel is not self._channel:
            return
        self._channel = None
        # Who may declare makes it at the next attempt.
        helpless = not self._may_declare and declaring.is_missing(error)
        if self._ready:
            self._futile_channels = 0
        if self._ready or not self._turns_to_looking(error):
            self._futile_channels += 1
            self._lose(error, {"remedy": REMEDY} if helpless else {})
        connection = self._connection
        if not connection.is_open:
            return
        if self._turns.several and self._futile_channels >= FUTILE_CHANNELS:
            connection.close()
        else:
            self._loop.call_later(REOPEN_DELAY, lambda: self._open_channel(connection))

    def _turns_to_looking(self, error: Exception) -> bool:
        """Tell whether to declare was refused; then the next channel only looks."""
        refused = self._may_declare and declaring.is_refused(error)
        # What is missing may be made after all, where the right was given meanwhile.
        self._may_declare = not refused and (
            self._may_declare or declaring.is_missing(error)
        )
        return refused

    def _connection_gone(self, error: Exception) -> None:
        self._channel = None
        self._futile_channels = 0
        self._blocked_is(False)
        self._lose(error)
        if self._closing:
            self._on_closed()
            return
        self._turns.left()
        self._loop.call_later(self._delay, self.open)
        self._delay = min(self._delay * 2, RECONNECT_LONGEST)

    def _lose(self, error: Exception, facts: Mapping[str, str] = _NO_FACTS) -> None:
        reason = _reason(error)
        is_new = reason not in self._told and len(self._told) < REASONS_KEPT
        if not self._closing and (self._ready or is_new):
            # Once per reason: a broker that stays away must not fill the log.
            log.warning(
                "broker.lost",
                link=self._name,
                node=self._turns.address,
                reason=reason,
                **facts,
            )
        if is_new:
            self._told.add(reason)
        if self._ready:
            self._ready = False
            self._on_lost(reason)


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.replace("\n", " ")[:300]
