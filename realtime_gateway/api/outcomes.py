"""Which outcome of a submission's mails is the newest: the dashboard has the same rule.

Mailgun has a clock of its own: by their times alone a mail may be delivered before
Mailgun had it.
"""

from __future__ import annotations

from collections.abc import Sequence

from realtime_gateway.protocol import EmailUpdate
from shared.versions import microseconds

_UNCERTAIN, _OF_MAILER, _DELAYED, _ARRIVED = range(4)
#: What the mailer tells has one clock; one that is not known here is Mailgun's.
_RANKS = {
    "uncertain": _UNCERTAIN,
    "accepted": _OF_MAILER,
    "skipped": _OF_MAILER,
    "opened": _ARRIVED + 1,
    "clicked": _ARRIVED + 2,
    "unsubscribed": _ARRIVED + 3,
    "complained": _ARRIVED + 4,
}


def newest(outcomes: Sequence[EmailUpdate]) -> EmailUpdate:
    """Return the newest of one submission's outcomes, the last one of equals.

    The mail that was heard of last, by the times, is the newest; of its own outcomes
    the one that only follows the others, then the youngest. Raises ValueError where
    there are none.
    """
    backwards = outcomes[::-1]
    latest = max(backwards, key=_moment)
    if not latest.cause:
        return latest
    return max(
        (told for told in backwards if told.cause == latest.cause),
        key=lambda told: (_rank(told), _moment(told)),
    )


def _rank(told: EmailUpdate) -> int:
    if told.outcome != "failed":
        return _RANKS.get(told.outcome, _ARRIVED)
    if told.severity == "temporary":
        return _DELAYED
    # The mailer gave the change up, before there was anybody; it may be tried again.
    return _OF_MAILER if told.recipient is None else _ARRIVED


def _moment(told: EmailUpdate) -> int:
    return microseconds(told.timestamp) or 0
