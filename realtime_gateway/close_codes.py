"""Why a socket was closed, and what its client should do next.

4000-4099: do not reconnect. 4100-4199: reconnect after a delay. 4200-4299: reconnect
at once. The dashboard's list is held against the same vectors
(tests/vectors/close_codes.json).
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

Reconnect = Literal["never", "later", "now"]


class CloseCode(Enum):
    """A close code with the reason that is sent along."""

    BAD_MESSAGE = (4000, "bad message")
    TOKEN_REFUSED = (4001, "token refused")
    NOT_YOUR_ROOM = (4003, "not your room")
    NO_SUCH_ROOM = (4004, "no such room")
    TOO_MANY_CONNECTIONS = (4100, "too many connections")
    TOO_MANY_MESSAGES = (4101, "too many messages")
    TOKEN_EXPIRED = (4200, "token expired")
    TOO_SLOW = (4201, "too slow")
    GOING_AWAY = (4202, "server going away")

    @property
    def number(self) -> int:
        """Return the code that goes over the wire."""
        return self.value[0]

    @property
    def reason(self) -> str:
        """Return the reason that goes over the wire."""
        return self.value[1]

    @property
    def reconnect(self) -> Reconnect:
        """Return what the client should do: never, later or now."""
        return {40: "never", 41: "later", 42: "now"}[self.number // 100]  # type: ignore[return-value]
