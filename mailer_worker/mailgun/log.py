"""Mailgun's own log: does it have the mail with this Message-Id?

Source: Mailgun, `GET /v3/{domain}/events`. It is filled with a delay: that a mail is
not in it yet is no proof for about half an hour. Keys that may only send cannot read
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

import msgspec
import requests
from urllib3.exceptions import HTTPError

from mailer_worker.bounded import body_of
from mailer_worker.mailgun.connections import Sessions

TIMEOUT = (5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Found:
    """Mailgun has the mail."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Its log does not have the mail; its age says whether that proves anything."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The log could not be read; `reason` says why."""

    reason: str


Finding = Found | Absent | CannotTell


class _Headers(msgspec.Struct):
    message_id: str = msgspec.field(name="message-id")


class _Message(msgspec.Struct):
    headers: _Headers


class _Event(msgspec.Struct):
    message: _Message


class _Page(msgspec.Struct):
    items: list[_Event]


_decoder = msgspec.json.Decoder(_Page)


class Log:
    """Look mails up; any thread may."""

    def __init__(self, sessions: Sessions, *, base_url: str, domain: str) -> None:
        self._sessions = sessions
        self._url = f"{base_url}/v3/{quote(domain, safe='')}/events"

    def find(self, message_id: str) -> Finding:
        """Look for any event of the mail; `message_id` with its angle brackets."""
        bare = message_id.strip("<>")
        try:
            answer = self._sessions.get().get(
                self._url,
                params={"message-id": bare, "limit": "5"},
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            )
            body = body_of(answer, seconds=TIMEOUT[1])
        except (requests.RequestException, HTTPError) as error:
            return CannotTell(type(error).__name__)
        return read(answer.status_code, body, bare)


def read(status: int, body: bytes, message_id: str) -> Finding:
    """Return what an answer says; `message_id` without brackets."""
    if status != HTTPStatus.OK:
        return CannotTell(f"Mailgun answered {status}")
    try:
        page = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return CannotTell("the answer is not understood")
    # Whoever ignores the filter must not vouch for a mail by another one.
    found = any(item.message.headers.message_id == message_id for item in page.items)
    return Found() if found else Absent()
