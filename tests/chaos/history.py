"""What happened in a run, as values: what was sent, kept, told and mailed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Operation = Literal["INSERT", "UPDATE", "DELETE"]
#: The columns of a row, as JSON.
Row = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Sent:
    """A change that was sent under `id`; `accepted` once somebody was told 202.

    `sequence` is its place among the changes of its row, `record` the row after it.
    `before` and `after` are its statuses, `email` where a mail about it has to go.
    """

    id: str
    row: str
    artist: str
    operation: Operation
    sequence: int
    before: str | None
    after: str | None
    email: str
    way: str
    record: Row | None = None
    accepted: bool = False

    @property
    def asks_for_mail(self) -> bool:
        """Tell whether it is a change of the status."""
        return self.operation == "UPDATE" and self.before != self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """An event of a gateway's change log; `cause` is a mail's change.

    `from_mailgun`: one of Mailgun's webhooks told it.
    """

    id: str
    type: str
    artist: str | None
    cause: str | None = None
    from_mailgun: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that Mailgun has taken, about the change `cause`."""

    cause: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """What Mailgun told of the mail about `cause`; `taken`: it need not tell it again.

    `outcome` is in Mailgun's own words.
    """

    cause: str
    outcome: str
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A status change in the mailer's ledger, and what became of it."""

    id: str
    row: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the mailer's ledger has of a mail's fate, in Mailgun's own words."""

    cause: str
    outcome: str


@dataclass(slots=True, kw_only=True)
class Visit:
    """From a welcome to the socket's end; `since` was asked for, `after` was told."""

    gateway: str
    since: str | None
    recovered: bool
    after: str | None
    told: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Listening:
    """One client; `owner` are the ids of its artist, None for an admin's."""

    name: str
    owner: frozenset[str] | None
    visits: list[Visit] = field(default_factory=list)
    #: Closed for good although nothing explains it.
    refusals: list[str] = field(default_factory=list)

    def hears(self, event: Logged) -> bool:
        """Tell whether the event is to be told in this client's room."""
        if self.owner is None:
            return event.type.startswith(("submission.", "email."))
        return event.artist is not None and event.artist in self.owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of `submissions` as `reader` has them, by id, up to the event `as_of`.

    `owner` as a client's: None has them all. `is_followed`: kept by what was told of
    changes, of which only an INSERT tells of all columns.
    """

    reader: str
    owner: frozenset[str] | None
    rows: Mapping[str, Row]
    as_of: str | None
    is_followed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How a service ended: healthy before it, its exit code, its unknown traces."""

    name: str
    healthy: bool
    exit_code: int | None
    traces: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All of it; `logs` by gateway, `stream` with every copy of an event."""

    sent: Sequence[Sent]
    stream: Sequence[str]
    logs: Mapping[str, Sequence[Logged]]
    mails: Sequence[Mail]
    ledger: Sequence[Entry]
    listening: Sequence[Listening]
    #: What foreign sockets heard, which is to be nothing.
    overheard: Sequence[str] = ()
    webhooks: Sequence[Webhook] = ()
    outcomes: Sequence[Outcome] = ()
    tables: Sequence[Table] = ()
    #: Rows that stood in the table before the run, by id: nothing is sent of them.
    stood: Mapping[str, Row] = field(default_factory=dict)
    services: Sequence[Service] = ()
    #: Dead letters of the mailer, by what they say.
    dead: Sequence[str] = ()
