"""Which servers are measured, in which modes; data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

GATEWAY = "gateway"
#: Feeds: the stream of the broker, or a local port of the server.
STREAM, LOCAL = "stream", "local"
#: Deliveries a second, to all clients together.
PACE, STREAM_PACE = 5_000, 50_000
#: Beyond this, messages of an artist's page come faster than anybody reads.
STREAM_MESSAGES_A_SECOND = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """`at_once` messages, and the next when all have got them; else so many a second.

    `deliveries_a_second` counts all clients.
    """

    name: str
    at_once: int = 0
    deliveries_a_second: int = 0


MODES = (
    Mode(name="paced", deliveries_a_second=PACE),
    Mode(name="full", at_once=1),
    Mode(name="burst", at_once=20),
    Mode(name="stream", deliveries_a_second=STREAM_PACE),
    Mode(name="deflate", at_once=1),
)
#: Not a mode of sending: memory and connects alone.
IDLE = "idle"
MODE_NAMES = (*(mode.name for mode in MODES), IDLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server and what it takes part in; `way` is the gateway or a baseline's."""

    name: str
    way: str
    modes: frozenset[str]
    feed: str = STREAM
    environ: Mapping[str, str] = field(default_factory=dict)
    deflate: bool = False


_ROOM = frozenset({"paced", "full", "burst", "stream", "deflate"})

SERVERS = (
    Server(name="gateway", way=GATEWAY, modes=_ROOM | {IDLE}),
    Server(name="shared_frame", way="shared_frame", modes=_ROOM),
    Server(name="send_str", way="send_str", modes=_ROOM),
    Server(name="idle", way="idle", modes=frozenset({IDLE})),
    Server(
        name="gateway, flush 5 ms",
        way=GATEWAY,
        modes=frozenset({"stream"}),
        environ={"FLUSH_INTERVAL_MS": "5"},
    ),
    Server(
        name="gateway, deflate", way=GATEWAY, modes=frozenset({"deflate"}), deflate=True
    ),
    Server(
        name="send_str, deflate",
        way="send_str",
        modes=frozenset({"deflate"}),
        deflate=True,
    ),
)
#: The same loops without a broker: their messages come ready, over a local socket.
LOCAL_SERVERS = tuple(
    Server(
        name=f"{way}, local",
        way=way,
        feed=LOCAL,
        modes=frozenset({"full", "burst", "paced"}),
    )
    for way in ("shared_frame", "send_str")
)
