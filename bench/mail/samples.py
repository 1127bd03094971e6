"""What one measurement says; data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One contestant with so many senders in one turn; processor time by mail, in µs.

    `ideal` is how many mails a second its senders could hand over if they did nothing
    but wait for Mailgun; `twice` counts mails beyond one for each change.
    """

    contestant: str
    senders: int
    turn: int
    mails: int
    seconds: float
    ideal: float
    cpu_us: float
    broker_us: float
    resident_mib: float
    twice: int

    @property
    def per_second(self) -> float:
        """Return how many mails Mailgun got in a second."""
        return self.mails / self.seconds

    @property
    def of_ideal(self) -> float:
        """Return the share of the ideal."""
        return self.per_second / self.ideal
