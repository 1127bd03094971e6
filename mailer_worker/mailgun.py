"""Mailgun's messages API: hand over a mail, and say what the answer means.

Source: Mailgun, `POST /v3/{domain}/messages` and its status codes. 200 means queued.
There is no idempotency key, so nothing here sends twice by itself.
"""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote

import requests
from urllib3.exceptions import HTTPError

from mailer_worker.bounded import body_of
from mailer_worker.messages import Mail
from shared.errors import MeloTechError, Misconfigured, Permanent, Transient
from shared.events import without_addresses

CONNECT_TIMEOUT = 5.0

_OPERATORS = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
    }
)
_TRY_AGAIN_AFTER = re.compile(r"try again after (.+ GMT)")


class Mailgun:
    """The door to Mailgun; each thread that sends keeps a connection of its own."""

    def __init__(
        self,
        *,
        base_url: str,
        domain: str,
        api_key: str,
        sender: str,
        timeout: float,
    ) -> None:
        self._url = f"{base_url}/v3/{quote(domain, safe='')}/messages"
        self._api_key = api_key
        self._sender = sender
        self._timeout = (CONNECT_TIMEOUT, timeout)
        self._of_thread = threading.local()

    def send(self, mail: Mail) -> str:
        """Return Mailgun's id of the queued mail.

        Raises Transient, Permanent or Misconfigured, see `failure_of`.
        """
        try:
            answer = self._session().post(
                self._url,
                data=form_of(mail, sender=self._sender),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            if answer.status_code == HTTPStatus.OK:
                return self._accepted_id(answer) or mail.message_id
            body = body_of(answer, seconds=self._timeout[1])
        except (requests.RequestException, HTTPError) as error:
            raise Transient(f"Mailgun: {type(error).__name__}") from error
        now, text = datetime.now(UTC), body.decode("utf-8", "replace")
        wish = answer.headers.get("Retry-After")
        raise failure_of(answer.status_code, text, wish, now=now)

    def _accepted_id(self, answer: requests.Response) -> str | None:
        try:
            return _id_in(body_of(answer, seconds=self._timeout[1]))
        except (requests.RequestException, HTTPError):
            # The status says that the mail is queued, whatever became of the rest.
            return None

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = requests.Session()
            session.auth = ("api", self._api_key)
            self._of_thread.session = session
        return session


def form_of(mail: Mail, *, sender: str) -> dict[str, str]:
    """Return the form fields of a mail.

    The variables (`v:`) come back in Mailgun's webhooks and say what the mail was
    about; the Message-Id finds it in Mailgun's log.
    """
    return {
        "from": sender,
        "to": mail.to,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "o:tag": mail.tag,
        "v:event_id": mail.event_id,
        "v:submission_id": mail.submission_id,
        "h:Message-Id": mail.message_id,
    }


def failure_of(
    status: int, text: str, retry_after: str | None, *, now: datetime
) -> MeloTechError:
    """Return what an answer other than 200 means for the mail."""
    reason = f"Mailgun answered {status}: {without_addresses(text)}"
    if status in _OPERATORS:
        return Misconfigured(reason)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Transient(reason, _wait(text, retry_after, now))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.BAD_REQUEST:
        return Transient(reason, _wait("", retry_after, now))
    return Permanent(reason)


def _wait(text: str, retry_after: str | None, now: datetime) -> float | None:
    if retry_after and retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    found = _TRY_AGAIN_AFTER.search(text)
    try:
        moment = parsedate_to_datetime(found[1]) if found else None
    except ValueError:
        return None
    return max(0.0, (moment - now).total_seconds()) if moment else None


def _id_in(body: bytes) -> str | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = document.get("id") if isinstance(document, dict) else None
    return found if isinstance(found, str) else None
