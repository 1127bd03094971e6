"""What became of submissions' mails, as far as the change log goes back: pure SQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from realtime_gateway import protocol
from realtime_gateway.protocol import EmailUpdate
from shared import events
from shared.events import EmailEvent

#: The very words of the index, or each event of a submission would be looked at.
_IS_MAIL = "type >= 'email.' and type < 'email/'"


def newest_of(connection: sqlite3.Connection, ids: Iterable[str]) -> list[EmailUpdate]:
    """Return the newest outcome of each of these submissions that has had a mail.

    The newest by its own time: Mailgun's webhooks may overtake each other. Raises
    Malformed where a stored body is none.
    """
    found = connection.execute(
        "select body from json_each(?) as wanted join changes on position = ("  # noqa: S608 # nosec B608 # no values
        " select position from changes"
        f" where submission_id = wanted.value and {_IS_MAIL}"
        " order by time desc, position desc limit 1)",
        (json.dumps(list(ids)),),
    )
    told = (events.decode(body) for (body,) in found)
    return [protocol.email_of(event) for event in told if isinstance(event, EmailEvent)]
