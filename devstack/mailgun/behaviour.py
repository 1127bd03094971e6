"""How the stand-in answers the next mails: well, or as a provider on a bad day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec

from devstack.mailgun.fates import Fate

Mode = Literal["ok", "status", "hang", "drop", "accept_then_drop"]
Status = Annotated[int, msgspec.Meta(ge=400, le=599)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]
Times = Annotated[int, msgspec.Meta(ge=1)]

#: What a 429 asks for when it was not told, in seconds.
RETRY_AFTER = 5.0


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`times` mails are answered so, then all is well again; None: until changed.

    `status` is for the mode `status`, `seconds` how long `hang` lasts. `fate` is what
    webhooks tell later of a mail that was taken.
    """

    mode: Mode = "ok"
    status: Status = 500
    seconds: Seconds = 60.0
    times: Times | None = None
    retry_after_seconds: Seconds = RETRY_AFTER
    fate: Fate = "by_recipient"

    def next(self) -> Behaviour:
        """Return the behaviour after one more mail."""
        if self.times is None:
            return self
        if self.times == 1:
            return Behaviour()
        return msgspec.structs.replace(self, times=self.times - 1)


def read(body: bytes) -> Behaviour:
    """Return the behaviour of a request; raise msgspec.DecodeError."""
    return msgspec.json.decode(body, type=Behaviour)


def answer_text(behaviour: Behaviour, now: datetime) -> str:
    """Return the text that Mailgun sends with the status."""
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
