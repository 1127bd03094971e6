"""Who may do what on the bus: one user for each service, with the least rights."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.topology import (
    CHANGE_LOG_STREAM,
    EXCHANGE,
    MAILER_DEAD_LETTERS,
    MAILER_OUTCOMES,
    MAILER_QUEUE,
    lock_of,
)

#: RabbitMQ's name, in permissions, of the exchange that reaches any queue by its name.
DEFAULT_EXCHANGE = "amq.default"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user of the broker; what is not named here is refused.

    `configure`, `write` and `read` name queues and exchanges. `types` begin the types
    of events that may go through our exchange. `tags` are for the management pages.
    """

    name: str
    configure: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


USERS = (
    # Mailgun's webhooks come as mails' outcomes.
    User(name="ingest", write=(EXCHANGE,), types=("submission", "email")),
    User(name="relay", write=(EXCHANGE,), types=("submission",)),
    User(name="gateway", read=(CHANGE_LOG_STREAM,)),
    # Retries and dead letters go to their queue by its name.
    User(
        name="mailer",
        write=(EXCHANGE, DEFAULT_EXCHANGE),
        read=(MAILER_QUEUE, MAILER_OUTCOMES),
        types=("email",),
    ),
    # The mailer's commands: each turn of the dead letters has a lock of its own.
    User(
        name="operator",
        configure=(lock_of(MAILER_DEAD_LETTERS),),
        write=(EXCHANGE, DEFAULT_EXCHANGE),
        read=(MAILER_DEAD_LETTERS,),
        types=("email",),
        tags=("management",),
    ),
    User(name="monitor", tags=("monitoring",)),
)


def exactly(names: tuple[str, ...]) -> str:
    """Return the expression that fits these names and nothing else."""
    return f"^({'|'.join(map(re.escape, names))})$" if names else "^$"


def beginning_with(types: tuple[str, ...]) -> str:
    """Return the expression that fits the routing keys of these kinds of events."""
    return f"^({'|'.join(types)})\\.[a-z-]+$" if types else "^$"
