"""What an answer of Mailgun's means for the mail: the one place that decides it.

Source: Mailgun, `POST /v3/{domain}/messages` and its status codes. 200 means queued;
400 is also what an account or a domain gets that may not send yet, and 404 what a
domain gets that was made a moment ago.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from shared.errors import (
    MeloTechError,
    Misconfigured,
    Permanent,
    Transient,
    Uncertain,
)
from shared.events import without_addresses

PEER = "Mailgun"
#: A domain that is not found is tried three times more, over some two and a half
#: minutes: Mailgun's servers hear of a new one by and by.
NOT_FOUND_ATTEMPTS = 4

_OPERATORS = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
    }
)
#: What is in front of a server says so of a connection, whatever the mail.
_OF_THE_CONNECTION = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.MISDIRECTED_REQUEST, HTTPStatus.TOO_EARLY}
)
#: Words of a 400 that speak of the account and not of the mail.
_OF_THE_ACCOUNT = re.compile(
    r"not allowed to send|unverified|not verified|activate your"
    r"|account[^.]{0,40}(?:disabled|inactive|suspended)",
    re.IGNORECASE,
)
#: More characters than a Message-Id has.
_MAX_ID = 998
_TRY_AGAIN_AFTER = re.compile(r"try again after (.{1,60}? GMT)")


def failure_of(
    status: int, text: str, retry_after: str | None, *, now: datetime
) -> MeloTechError:
    """Return what an answer other than 200 means: Transient, Permanent, Misconfigured.

    Uncertain where it says neither that the mail was taken nor that it was not.
    `text` is the answer's body, `retry_after` its header.
    """
    reason = f"Mailgun answered {status}: {without_addresses(_message_in(text))}"
    if status < HTTPStatus.MULTIPLE_CHOICES:
        # Of those below 200 the answer itself is yet to come.
        return Uncertain(reason)
    if status in _OPERATORS:
        return Misconfigured(reason, PEER)
    if status == HTTPStatus.BAD_REQUEST and _OF_THE_ACCOUNT.search(text):
        return Misconfigured(reason, PEER)
    if status == HTTPStatus.NOT_FOUND:
        most = NOT_FOUND_ATTEMPTS
        return Transient(reason, status=status, most_attempts=most)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Transient(reason, _wait(text, retry_after, now), status=status)
    may_pass = status in _OF_THE_CONNECTION or status < HTTPStatus.BAD_REQUEST
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or may_pass:
        return Transient(reason, _wait("", retry_after, now), status=status)
    return Permanent(reason, status=status)


def id_in(body: bytes) -> str | None:
    """Return Mailgun's id of a mail that it has queued, None where it tells none."""
    document = _document(body)
    found = document.get("id") if isinstance(document, dict) else None
    # One that no ledger can hold must not hide that the mail was taken.
    if not isinstance(found, str) or not (found.isascii() and found.isprintable()):
        return None
    return found[:_MAX_ID] or None


def _message_in(text: str) -> str:
    document = _document(text.encode())
    found = document.get("message") if isinstance(document, dict) else None
    if not isinstance(found, str):
        return text
    # JSON can spell halves of characters, which no message on the bus can carry.
    return found.encode(errors="replace").decode()


def _document(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _wait(text: str, retry_after: str | None, now: datetime) -> float | None:
    if retry_after and retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    found = _TRY_AGAIN_AFTER.search(text)
    try:
        moment = parsedate_to_datetime(found[1]) if found else None
    except (ValueError, OverflowError):
        return None
    # One with the zone `-0000` has none, and cannot be compared.
    if moment is None or moment.tzinfo is None:
        return None
    return max(0.0, (moment - now).total_seconds())
