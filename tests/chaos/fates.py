"""Was all that Mailgun told of its mails noted once? Pure, a part of the oracle.

What was answered 200 (or 406, of what had been taken before) is not told again. So it
is in each gateway's change log, where admins hear of it, and in the mailer's ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.chaos.history import History, Logged
from tests.chaos.shown import told

#: Told by the mailer too, from Mailgun's answer, as one and the same event.
ACCEPTED = "email.accepted"

Fate = tuple[str, str]


def faults(history: History) -> Iterator[str]:
    """Yield each that is missing, is there twice, or was never told."""
    ever = {(each.cause, each.outcome) for each in history.webhooks}
    taken = {(each.cause, each.outcome) for each in history.webhooks if each.taken}
    for name, log in history.logs.items():
        fates = [_fate(each) for each in log if _is_fate(each)]
        yield from _compared(fates, taken, f"in the log of {name}")
        made_up = {_fate(each) for each in log if each.from_mailgun} - ever
        yield from told(f"never told, but in the log of {name}", _names(made_up))
    noted = [(each.cause, each.outcome) for each in history.outcomes]
    yield from _compared(noted, taken, "in the ledger")
    yield from told("never told, but in the ledger", _names({*noted} - ever))
    causes = {mail.cause for mail in history.mails}
    nothing = [fate for fate in ever if fate[0] not in causes]
    yield from told("told of a mail that there is not", _names(nothing))


def _compared(found: list[Fate], taken: set[Fate], where: str) -> Iterator[str]:
    twice = [fate for fate, count in Counter(found).items() if count > 1]
    yield from told(f"a mail's fate more than once {where}", _names(twice))
    yield from told(f"a mail's fate not {where}", _names(taken - {*found}))


def _is_fate(event: Logged) -> bool:
    return event.from_mailgun or event.type == ACCEPTED


def _fate(event: Logged) -> Fate:
    return event.cause or "nothing", event.type.removeprefix("email.")


def _names(fates: Iterable[Fate]) -> list[str]:
    return [f"{outcome} of {cause}" for cause, outcome in fates]
