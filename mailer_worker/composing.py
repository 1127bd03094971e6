"""A mail out of its parts: the letter, its recipient, and the way to unsubscribe."""

from __future__ import annotations

from collections.abc import Callable

from mailer_worker.letters.rendering import Letters
from mailer_worker.mail import Mail
from mailer_worker.plan import Send
from mailer_worker.recipients import Recipient
from shared import events, logs, unsubscribe
from shared.addresses import key_of
from shared.errors import Malformed
from shared.unsubscribe import Subscription

log = logs.get(__name__)

#: The mail for what is planned, to the recipient, with this Message-Id.
Compose = Callable[[Send, Recipient, str], Mail]


class Composer:
    """Compose mails; without an address and a key they carry no link to unsubscribe."""

    def __init__(
        self, letters: Letters, *, public_url: str | None, link_key: bytes | None
    ) -> None:
        self._letters = letters
        self._public_url = public_url
        self._link_key = link_key

    def __call__(self, send: Send, recipient: Recipient, message_id: str) -> Mail:
        """Return the mail; raise Misconfigured for a template that fails."""
        event = send.event
        link = self._link(send, recipient)
        letter = self._letters.render(
            send.kind,
            locale=recipient.locale,
            title=event.data.title,
            feedback=send.feedback,
            unsubscribe_url=link,
        )
        return Mail(
            to=recipient.address,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            tag=f"status-{send.kind}",
            event_id=event.id,
            submission_id=event.data.submission_id,
            message_id=message_id,
            unsubscribe_url=link,
            traceparent=event.traceparent,
        )

    def _link(self, send: Send, recipient: Recipient) -> str | None:
        if self._public_url is None or self._link_key is None:
            return None
        subscription = Subscription(
            event_id=send.event.id,
            submission_id=send.event.data.submission_id,
            recipient_key=key_of(recipient.address),
            masked=events.mask(recipient.address),
        )
        try:
            return unsubscribe.link(self._public_url, subscription, self._link_key)
        except Malformed as error:
            # Ids of any length come from the sender; a mail header has a limit.
            log.warning("mail.no-link", event_id=send.event.id, reason=error.reason)
            return None
