"""Everything that can go wrong, told apart by what the caller should do.

MeloTechError
├── SettingsError        stop at start: the operator must mend the environment
├── Malformed            reject: the input can never be understood
├── Transient            try again later
├── Permanent            give up on this one: trying again cannot help
├── Uncertain            it may be done or not: find out before trying again
├── Misconfigured        hold everything: the operator must act, nothing is lost
│   └── LedgerUnavailable    what was done before cannot be looked up or noted
└── NotPublished         the event is not known to be safe in the broker
    ├── BrokerUnavailable    not connected, or the connection went away
    ├── BrokerBlocked        the broker refuses publishes (memory or disk alarm)
    ├── Unroutable           no queue took it
    ├── Nacked               the broker said no
    └── ConfirmTimeout       no answer in time: it may or may not be stored
"""

from __future__ import annotations

from dataclasses import dataclass


class MeloTechError(Exception):
    """Base of every error that the services raise on purpose."""


@dataclass
class SettingsError(MeloTechError):
    """The environment cannot be used; `faults` names each variable and its fault."""

    faults: list[str]

    def __str__(self) -> str:
        return "cannot start, the settings are wrong:\n" + "\n".join(
            f"  - {fault}" for fault in self.faults
        )


@dataclass
class Malformed(MeloTechError):
    """The input is not what the protocol allows; `path` says where (JSONPath)."""

    reason: str
    path: str = "$"

    def __str__(self) -> str:
        return f"{self.reason} at {self.path}"


@dataclass
class Transient(MeloTechError):
    """A later attempt may succeed; `retry_after` is the peer's wish in seconds.

    `status` is the HTTP status that said so; `most_attempts` is after how many it is
    given up, where that is sooner than usual.
    """

    reason: str
    retry_after: float | None = None
    status: int | None = None
    most_attempts: int | None = None

    def __str__(self) -> str:
        return self.reason


@dataclass
class Permanent(MeloTechError):
    """No later attempt can succeed for this one; `status` is the HTTP status."""

    reason: str
    status: int | None = None

    def __str__(self) -> str:
        return self.reason


@dataclass
class Uncertain(MeloTechError):
    """The peer was asked, and nobody knows whether it did it."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass
class Misconfigured(MeloTechError):
    """A peer refuses us altogether (wrong key, wrong domain): the operator must act.

    `peer` is who, so that its next good answer is known to end it.
    """

    reason: str
    peer: str = ""

    def __str__(self) -> str:
        return self.reason


class LedgerUnavailable(Misconfigured):
    """The mailer's ledger cannot be read or written; what was asked may be done."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, peer="ledger")


class NotPublished(MeloTechError):
    """The broker did not confirm the publish."""


class BrokerUnavailable(NotPublished):
    """There is no usable connection to the broker, or it went away in between."""


class BrokerBlocked(NotPublished):
    """The broker takes no publishes for now (connection.blocked)."""


class Unroutable(NotPublished):
    """No queue is bound for the routing key (basic.return)."""


class Nacked(NotPublished):
    """The broker refused the message (basic.nack)."""


class ConfirmTimeout(NotPublished):
    """No confirm came in time; the message may be stored all the same."""
