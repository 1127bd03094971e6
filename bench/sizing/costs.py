"""What each thing costs, and how full a process may be; data."""

from __future__ import annotations

from dataclasses import dataclass

#: Of a core: the rest is for a burst, a storm of reconnections, a neighbour that died.
BUSY_AT_MOST = 0.5
#: Of a gateway's core, what may go to reading alone before the stream is partitioned.
READING_AT_MOST = 0.3
#: Of one gateway: memory allows more, but each may be lost and then all come back.
SOCKETS_A_GATEWAY = 20_000
#: A machine: cores that may be busy as above, and memory that may be used.
MACHINE_CORES, MACHINE_GIB = 4, 8
#: Of a process without a client, in MiB.
PROCESS_MIB = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Processor time in microseconds, of user and kernel; memory in KiB.

    `webhook` and `broker` are by event, `cluster` is how many times as much three nodes
    take together as one alone. `reader` is what the broker spends on each
    gateway by event, `read` a gateway by event, `delivery` by socket that is told,
    `connect` by handshake, `mail` and `mail_broker` by mail.
    """

    webhook: float
    broker: float
    cluster: float
    reader: float
    read: float
    delivery: float
    connect: float
    socket_kib: float
    mail: float
    mail_broker: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """So many sockets are open, and so many events come in a second.

    `audience` sockets are told of each event: the admins, and the artist's own.
    `mails` of a hundred events are status changes.
    """

    sockets: int
    events: int
    audience: int = 20
    mails: float = 10.0
