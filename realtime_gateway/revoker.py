"""Carry out revocations here, and have every other gateway do so as well."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from realtime_gateway.access import Identity
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.connection import Connection
from realtime_gateway.revocation import Revocations, concerned
from shared import logs
from shared.amqp.link import Link
from shared.amqp.message import Message
from shared.amqp.single import publish_once
from shared.events import ACCESS_REVOKED, RevocationData, RevocationEvent

log = logs.get(__name__)

PUBLISH_TIMEOUT = 3.0


class Revoker:
    """End connections, and keep their owners' tokens out.

    `link` leads to the bus; `source` names this gateway there; `on_ended` is called
    with whoever was sent away.
    """

    def __init__(
        self,
        link: Link,
        revocations: Revocations,
        connections: Callable[[], Iterable[Connection]],
        *,
        source: str,
        on_ended: Callable[[Identity], None],
    ) -> None:
        self._link = link
        self._revocations = revocations
        self._connections = connections
        self._source = source
        self._on_ended = on_ended

    async def order(self, data: RevocationData) -> tuple[RevocationEvent, int]:
        """Revoke at every gateway, those that start later included.

        Returns the event and how many connections ended here, at once. Raises
        NotPublished where the others could not be told.
        """
        event = RevocationEvent(
            id=f"evt_{uuid.uuid4().hex}",
            source=self._source,
            type=ACCESS_REVOKED,
            subject=data.user_id or data.room or data.connection_id or "",
            time=datetime.now(UTC).isoformat(timespec="milliseconds"),
            data=data,
        )
        ended = self.carry_out(event)
        log.info("access.revoked", event_id=event.id, connections=ended)
        await publish_once(self._link, Message.of(event), timeout=PUBLISH_TIMEOUT)
        return event, ended

    def carry_out(self, event: RevocationEvent) -> int:
        """Revoke here alone; return how many connections ended."""
        self._revocations.add(event)
        ended = concerned(event, self._connections())
        for connection in ended:
            self._on_ended(connection.identity)
            connection.outlet.end(CloseCode.TOKEN_REFUSED)
        return len(ended)
