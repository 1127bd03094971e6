"""What became of submissions' mails, as far as the change log goes back."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable

from realtime_gateway import protocol
from realtime_gateway.api import outcomes
from realtime_gateway.protocol import EmailUpdate
from shared import events
from shared.events import EmailEvent

#: Of each submission: a mail that is opened again and again costs no more than others.
MAX_LOOKED_AT = 8

#: The very words of the index, or each event of a submission would be looked at.
_IS_MAIL = "type >= 'email.' and type < 'email/'"


def newest_of(connection: sqlite3.Connection, ids: Iterable[str]) -> list[EmailUpdate]:
    """Return the newest outcome of each of these submissions that has had a mail.

    It is looked for among the last few by their own times, as Mailgun's webhooks may
    overtake each other. Raises Malformed where a stored body is none.
    """
    found = connection.execute(
        "select wanted.value, body from json_each(:ids) as wanted"  # noqa: S608 # nosec B608 # no values
        " join changes on position in ("
        " select position from changes"
        f" where submission_id = wanted.value and {_IS_MAIL}"
        " order by time desc, position desc limit :looked_at)"
        " order by wanted.key, position",
        {"ids": json.dumps(list(ids)), "looked_at": MAX_LOOKED_AT},
    )
    told: defaultdict[str, list[EmailUpdate]] = defaultdict(list)
    for submission_id, body in found:
        event = events.decode(body)
        if isinstance(event, EmailEvent):
            told[submission_id].append(protocol.email_of(event))
    return [outcomes.newest(each) for each in told.values()]
