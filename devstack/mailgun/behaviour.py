"""How the stand-in answers the next mails: well, or as a provider on a bad day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec

from devstack.mailgun.fates import Fate

Mode = Literal[
    "ok",
    "status",
    "hang",
    "drop",
    "accept_then_drop",
    "accept_then_hang",
    "half",
    "garbage",
]
State = Literal["active", "unverified", "disabled"]
Status = Annotated[int, msgspec.Meta(ge=400, le=599)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]
Times = Annotated[int, msgspec.Meta(ge=1)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=60_000)]
Text = Annotated[str, msgspec.Meta(max_length=2_000)]

#: What a 429 asks for when it was not told, in seconds.
RETRY_AFTER = 5.0


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`times` mails are answered so, then all is well again; None: until changed.

    `status` and its `text` are for the mode `status`, `seconds` how long `hang` and
    `accept_then_hang` last. `fate` is what becomes of a mail that was taken.
    The others stay until they are changed: each answer is `latency_ms` late, an event
    is in the log `events_lag_seconds` after it happened, and `events_times` requests
    for the log (None: all) are answered `events_status`. `domain_state` is what is said
    of the domain; one that is not active has a DNS record that is not seen.
    """

    mode: Mode = "ok"
    status: Status = 500
    text: Text | None = None
    seconds: Seconds = 60.0
    times: Times | None = None
    retry_after_seconds: Seconds = RETRY_AFTER
    fate: Fate = "by_recipient"
    latency_ms: Milliseconds = 0
    events_lag_seconds: Seconds = 0.0
    events_status: Status | None = None
    events_times: Times | None = None
    domain_state: State = "active"

    def next(self) -> Behaviour:
        """Return the behaviour after one more mail."""
        if self.times is None:
            return self
        if self.times == 1:
            return Behaviour(
                latency_ms=self.latency_ms,
                events_lag_seconds=self.events_lag_seconds,
                events_status=self.events_status,
                events_times=self.events_times,
                domain_state=self.domain_state,
            )
        return msgspec.structs.replace(self, times=self.times - 1)

    def next_events(self) -> Behaviour:
        """Return the behaviour after one more request for the log."""
        if self.events_status is None or self.events_times is None:
            return self
        if self.events_times == 1:
            return msgspec.structs.replace(self, events_status=None, events_times=None)
        return msgspec.structs.replace(self, events_times=self.events_times - 1)


def read(body: bytes) -> Behaviour:
    """Return the behaviour of a request; raise msgspec.DecodeError."""
    return msgspec.json.decode(body, type=Behaviour)


def answer_text(behaviour: Behaviour, now: datetime) -> str:
    """Return the text that Mailgun sends with the status."""
    if behaviour.text is not None:
        return behaviour.text
    if behaviour.status == HTTPStatus.UNAUTHORIZED:
        return "Forbidden"
    if behaviour.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = timedelta(seconds=behaviour.retry_after_seconds)
        moment = format_datetime((now + wait).astimezone(UTC), usegmt=True)
        return f"domain request limit exceeded, try again after {moment}"
    try:
        return HTTPStatus(behaviour.status).phrase
    except ValueError:
        return "error"
