"""Mailgun's messages API: hand over a mail.

Source: Mailgun, `POST /v3/{domain}/messages`. There is no idempotency key, so nothing
here sends twice by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote, quote_plus

import requests
from requests import PreparedRequest
from urllib3.exceptions import HTTPError

from mailer_worker.bounded import body_of
from mailer_worker.mail import Mail
from mailer_worker.mailgun import answers
from mailer_worker.mailgun.connections import Sessions, was_begun
from shared.errors import Transient, Uncertain

CONNECT_TIMEOUT = 5.0
#: What a call takes beside its waits: writing its claim and its end, in seconds.
OVERHEAD = 2.0

_IS_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
#: How each byte stands in a form.
_QUOTED = [quote_plus(bytes((byte,))) for byte in range(256)]


def longest_call(timeout: float) -> float:
    """Return after how many seconds a call has surely ended.

    `timeout` is waited for the answer's head, and once more for its body.
    """
    return min(CONNECT_TIMEOUT, timeout) + 2 * timeout + OVERHEAD


class Messages:
    """Hand mails over; any thread may."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        base_url: str,
        domain: str,
        sender: str,
        timeout: float,
        test_mode: bool = False,
    ) -> None:
        self._sessions = sessions
        self._url = f"{base_url}/v3/{quote(domain, safe='')}/messages"
        self._sender = sender
        self._timeout = (min(CONNECT_TIMEOUT, timeout), timeout)
        self._test_mode = test_mode
        self._template: PreparedRequest | None = None

    def send(self, mail: Mail) -> str:
        """Return Mailgun's id of the queued mail.

        Raises Transient, Permanent or Misconfigured where Mailgun surely has it not,
        and Uncertain where nobody knows.
        """
        session = self._sessions.get()
        try:
            answer = session.send(
                self._request(session, mail),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, HTTPError, ValueError) as error:
            told = f"Mailgun: {type(error).__name__}"
            raise (Uncertain if was_begun() else Transient)(told) from error
        body = self._body_of(answer)
        if answer.status_code < HTTPStatus.OK:
            # What is still to come would be taken for the next mail's answer.
            session.close()
        if answer.status_code == HTTPStatus.OK:
            # The status says that the mail is queued, whatever became of the rest.
            return answers.id_in(body) or mail.message_id
        text = body.decode("utf-8", "replace")
        wish = answer.headers.get("Retry-After")
        now = datetime.now(UTC)
        raise answers.failure_of(answer.status_code, text, wish, now=now)

    def _request(self, session: requests.Session, mail: Mail) -> PreparedRequest:
        if self._template is None:
            plain = requests.Request("POST", self._url, headers=_IS_FORM)
            self._template = session.prepare_request(plain)
        # All but the form is the same, and takes longer to prepare than the form.
        request = self._template.copy()
        form = form_of(mail, sender=self._sender, test_mode=self._test_mode)
        request.prepare_body(encoded(form), None)
        return request

    def _body_of(self, answer: requests.Response) -> bytes:
        try:
            return body_of(answer, seconds=self._timeout[1])
        except (requests.RequestException, HTTPError):
            return b""


def encoded(form: Mapping[str, str]) -> bytes:
    """Return a form as `urllib.parse.urlencode` does, in half the time."""
    return "&".join(f"{_quoted(k)}={_quoted(v)}" for k, v in form.items()).encode()


def _quoted(text: str) -> str:
    return "".join(map(_QUOTED.__getitem__, text.encode()))


def form_of(mail: Mail, *, sender: str, test_mode: bool) -> dict[str, str]:
    """Return the form fields of a mail.

    The variables (`v:`) come back in Mailgun's webhooks and say what the mail was
    about; the Message-Id finds it in Mailgun's log. `test_mode` has Mailgun accept it
    and deliver it to nobody.
    """
    fields = {
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
    if mail.unsubscribe_url:
        # RFC 8058: a mail client may post to the address without showing it.
        fields["h:List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        fields["h:List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if test_mode:
        fields["o:testmode"] = "yes"
    return fields
