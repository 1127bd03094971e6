"""Was everything kept that was promised? Pure: a history in, its faults out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.chaos import fates, tables
from tests.chaos.history import History, Listening, Logged, Mail, Sent
from tests.chaos.shown import SHOWN, told

#: States of a ledger's entry that are an end.
SENT, SUPERSEDED, TAKEN_BACK = "accepted", "superseded", "taken-back"


def faults(history: History) -> list[str]:
    """Return every promise that was broken, a line each; none where all is well."""
    return [
        *_of_logs(history),
        *_of_mails(history),
        *fates.faults(history),
        *tables.faults(history),
        *(fault for each in history.listening for fault in _of_client(each, history)),
        *(f"a foreign socket heard: {what}" for what in history.overheard[:SHOWN]),
        *_of_services(history),
        *(f"a dead letter: {each}" for each in history.dead[:SHOWN]),
    ]


def copies(history: History) -> int:
    """Return how many events are in the stream more than once: readers drop them."""
    return sum(count > 1 for count in Counter(history.stream).values())


def _of_logs(history: History) -> Iterator[str]:
    """Every accepted change once in each log, all in one order, nothing made up."""
    accepted = {each.id for each in history.sent if each.accepted}
    known = {each.id for each in history.sent}
    order = list(dict.fromkeys(history.stream))
    yield from told("accepted, but not in the stream", accepted - set(order))
    for name, log in history.logs.items():
        ids = [each.id for each in log]
        twice = [each for each, count in Counter(ids).items() if count > 1]
        yield from told(f"more than once in the log of {name}", twice)
        yield from told(f"accepted, but not in the log of {name}", accepted - {*ids})
        strange = [each.id for each in log if _cause(each) not in known]
        yield from told(f"never sent, but in the log of {name}", strange)
        if list(dict.fromkeys(ids)) != order:
            yield f"the log of {name} is not the stream: {_difference(ids, order)}"


def _cause(event: Logged) -> str | None:
    return event.cause if event.type.startswith("email.") else event.id


def _of_client(client: Listening, history: History) -> Iterator[str]:
    """Each event of its room once and in order, from its first welcome on."""
    who = client.name
    if not client.visits:
        yield f"{who} was never welcomed"
        return
    yield from (f"{who} was refused: {each}" for each in client.refusals[:SHOWN])
    log = max(history.logs.values(), key=len, default=())
    places = {event.id: place for place, event in enumerate(log)}
    room = [event.id for event in log if client.hears(event)]
    start: str | None = None
    heard: list[str] = []
    for number, visit in enumerate(client.visits):
        if number and not visit.recovered:
            # Before it had been told of any event it had nothing to come back with.
            if visit.since is not None:
                yield f"{who} was not recovered after {visit.since} at {visit.gateway}"
            yield from _of_stay(who, heard, _after(start, room, places), whole=False)
        if not number or not visit.recovered:
            start, heard = visit.after, []
        heard = heard + visit.told
    yield from _of_stay(who, heard, _after(start, room, places), whole=True)


def _after(start: str | None, room: Sequence[str], places: dict[str, int]) -> list[str]:
    first = places.get(start, -1) if start else -1
    return [each for each in room if places[each] > first]


def _of_stay(
    who: str, heard: Sequence[str], expected: Sequence[str], *, whole: bool
) -> Iterator[str]:
    if not whole:
        expected = expected[: len(heard)]
    if list(heard) == list(expected):
        return
    twice = [each for each, count in Counter(heard).items() if count > 1]
    yield from told(f"told {who} more than once", twice)
    yield from told(f"never told {who}", _less(expected, heard))
    yield from told(f"not {who}'s to hear", _less(heard, expected))
    if not twice and set(heard) == set(expected):
        yield f"told {who} out of order: {_difference(heard, expected)}"


def _of_mails(history: History) -> Iterator[str]:
    """Every settled change has its one mail, and no mail is without a change."""
    changes = {each.id: each for each in history.sent if each.asks_for_mail}
    count = Counter(mail.cause for mail in history.mails)
    yield from told("more than one mail", [each for each, n in count.items() if n > 1])
    yield from told("a mail without a change", count.keys() - changes.keys())
    wrong = [mail.cause for mail in history.mails if not _is_right(mail, changes)]
    yield from told("a mail to somebody else", wrong)
    owed = {each.id for each in changes.values() if each.accepted}
    entries = {entry.id: entry for entry in history.ledger}
    yield from told("accepted, but not in the ledger", owed - entries.keys())
    yield from told("not in the ledger, but mailed", count.keys() - entries.keys())
    rows = defaultdict(list)
    for entry in history.ledger:
        if entry.id in changes:
            rows[entry.row].append((changes[entry.id], entry.state))
        else:
            yield f"never sent, but in the ledger: {entry.id}"
    sure = {each.row for each in history.sent}
    sure -= {each.row for each in history.sent if not each.accepted}
    for name, row in rows.items():
        row.sort(key=lambda pair: pair[0].sequence)
        yield from _of_row(row, count, is_sure=name in sure)
    yield from told("mailed after a newer one", _late(history.mails, changes))


def _is_right(mail: Mail, changes: dict[str, Sent]) -> bool:
    change = changes.get(mail.cause)
    return change is None or mail.to == change.email


def _late(mails: Sequence[Mail], changes: dict[str, Sent]) -> Iterator[str]:
    newest: dict[str, int] = defaultdict(int)
    for change in (changes[m.cause] for m in mails if m.cause in changes):
        if change.sequence < newest[change.row]:
            yield change.id
        newest[change.row] = max(newest[change.row], change.sequence)


def _of_row(
    row: Sequence[tuple[Sent, str]], mails: Counter[str], *, is_sure: bool
) -> Iterator[str]:
    """The row's changes by their sequence: what has no mail has a reason.

    `is_sure`: all of its changes were accepted, so the last word is the row's.
    """
    newest, _ = row[-1]
    for change, state in row:
        if (mails[change.id] > 0) != (state == SENT):
            yield f"{change.id} is {state!r} and has {mails[change.id]} mails"
        elif state == SUPERSEDED and change is newest:
            yield f"{change.id} is superseded by nothing"
        elif state == TAKEN_BACK and not _was_known(
            change, row, strictly=is_sure and change is newest
        ):
            yield f"{change.id} is taken back, but its artist does not know"
        elif state not in {SENT, SUPERSEDED, TAKEN_BACK}:
            yield f"{change.id} has ended as {state!r}"


def _was_known(
    change: Sent, row: Sequence[tuple[Sent, str]], *, strictly: bool
) -> bool:
    """Tell whether the artist knew of the status, by a mail or from the beginning.

    Not strictly: or could have known, had all that was sent arrived, and in order.
    """
    earlier = [each for each in row if each[0].sequence < change.sequence]
    mailed = [each.after for each, state in earlier if state == SENT]
    if strictly:
        return change.after == (mailed[-1] if mailed else row[0][0].before)
    befores = [each.before for each, _ in earlier]
    return change.after in {*mailed, *befores}


def _of_services(history: History) -> Iterator[str]:
    for each in history.services:
        if not each.healthy:
            yield f"{each.name} is not healthy"
        if each.exit_code:
            yield f"{each.name} has ended with {each.exit_code}"
        yield from (f"{each.name} has logged: {line}" for line in each.traces[:SHOWN])


def _less(some: Sequence[str], others: Sequence[str]) -> list[str]:
    others = set(others)
    return [each for each in some if each not in others]


def _difference(told: Sequence[str], expected: Sequence[str]) -> str:
    pairs = enumerate(zip(told, expected, strict=False))
    shorter = min(len(told), len(expected))
    first = next((n for n, (one, other) in pairs if one != other), shorter)
    there, here = list(told[first : first + 3]), list(expected[first : first + 3])
    return f"from {first} of {len(expected)}: {there}, not {here}"
