"""How the stand-in answers the next mails: well, or as a provider on a bad day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Literal

import msgspec

Mode = Literal["ok", "status", "hang", "drop", "accept_then_drop"]


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`times` mails are answered so, then all is well again; None: until changed.

    `status` is for the mode `status`, `seconds` how long `hang` lasts.
    """

    mode: Mode = "ok"
    status: int = 500
    seconds: float = 60.0
    times: int | None = None
    retry_after_seconds: int | None = None

    def next(self) -> Behaviour:
        """Return the behaviour after one more mail."""
        if self.times is None:
            return self
        if self.times <= 1:
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
        wait = timedelta(seconds=behaviour.retry_after_seconds or 5)
        moment = format_datetime((now + wait).astimezone(UTC), usegmt=True)
        return f"domain request limit exceeded, try again after {moment}"
    try:
        return HTTPStatus(behaviour.status).phrase
    except ValueError:
        return "error"
