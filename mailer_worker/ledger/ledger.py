"""The ledger: each method is one transaction, durable when it returns.

All raise LedgerUnavailable, and Permanent where the database can never hold what the
change says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from mailer_worker import standing
from mailer_worker.ledger import changes, clock, glance, history, mails, outcomes
from mailer_worker.ledger.database import Database
from mailer_worker.ledger.history import Entry
from mailer_worker.ledger.mails import Claim
from mailer_worker.ledger.outcomes import Suppressed
from mailer_worker.standing import Change, Drop, Due, Standing
from shared.addresses import key_of
from shared.events import EmailEvent


@dataclass(frozen=True, slots=True)
class Open:
    """There is a claim on the event's mail whose end is not known."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class Sent:
    """Mailgun has the event's mail."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class Busy:
    """Another mail of the submission is under way: each has its turn."""


Judgement = Standing | Open | Sent
Claimed = Claim | Judgement | Busy


class Ledger:
    """What was decided and done, in `database`; any thread may call.

    `settle` is how long the last word is waited for, `lease` how long a call to
    Mailgun can take, both in seconds.
    """

    def __init__(self, database: Database, *, settle: float, lease: float) -> None:
        self._database = database
        self._settle = settle
        self._lease = lease

    def judge(self, change: Change, *, has_waited: bool) -> Judgement:
        """Give the change its place; return what is to be done about it."""

        def work(connection: Connection) -> Judgement:
            changes.lock(connection, change.submission_id)
            is_new = changes.admit(connection, change, state="waiting")
            # Nobody claims a mail before its change has a place.
            claims = () if is_new else mails.of_event(connection, change.event_id)
            return self._judge(connection, change, claims, has_waited=has_waited)

        return self._database.run(work)

    def skip(self, change: Change, reason: str) -> None:
        """Note that there is no mail for the change, or nobody who wants one."""

        def work(connection: Connection) -> None:
            changes.admit(connection, change, state="skipped")
            changes.mark(connection, change.event_id, "skipped", reason)

        self._database.run(work)

    def claim(
        self, change: Change, recipient: str, message_id: str, *, newest: int = 0
    ) -> Claimed:
        """Claim the change's mail, or return why not.

        What speaks against it may have come about since it was judged, where `newest`
        (of `Due`) was the last of the submission's changes.
        """
        key = key_of(recipient)

        def work(connection: Connection) -> Claimed:
            changes.lock(connection, change.submission_id)
            # Not before: a claim that waited for its turn would be an old one.
            began = clock.elapsed()
            seen = glance.at(
                connection,
                change,
                recipient_key=key,
                lease=self._lease,
            )
            claims: Sequence[Claim] = ()
            if seen.is_claimed or seen.newest != newest:
                claims = mails.of_event(connection, change.event_id)
                judged = self._judge(connection, change, claims, has_waited=True)
                if not isinstance(judged, Due):
                    return judged
            if seen.unwanted is not None:
                reason = f"the address gets no mails: it has {seen.unwanted}"
                changes.mark(connection, change.event_id, "skipped", reason)
                return Drop("skipped", reason)
            if seen.is_busy:
                return Busy()
            return mails.claim(
                connection,
                next((each for each in claims if each.recipient == recipient), None),
                event_id=change.event_id,
                recipient=recipient,
                submission_id=change.submission_id,
                message_id=message_id,
                now=seen.now,
                began=began,
            )

        # A turn at Mailgun waits for it.
        return self._database.run(work, urgent=True)

    def accepted(self, claim: Claim, mailgun_id: str) -> None:
        """Note that Mailgun has the mail, whoever else has a say in it by now."""

        def work(connection: Connection) -> None:
            mails.settle(connection, claim, "accepted", mailgun_id=mailgun_id)
            changes.mark(connection, claim.event_id, "accepted")

        self._database.run(work)

    def released(self, claim: Claim) -> bool:
        """Note that Mailgun has it not; False where the claim is no longer this one."""

        def work(connection: Connection) -> bool:
            mine = mails.settle(connection, claim, "free")
            if mine:
                changes.mark(connection, claim.event_id, "waiting")
            return mine

        return self._database.run(work)

    def doubted(self, claim: Claim) -> Claim:
        """Note that the call ended and nobody knows how; return the claim as it is."""
        return self._database.run(lambda c: mails.doubt(c, claim))

    def puzzled(self, claim: Claim) -> bool:
        """Note that it is being found out; False where it has been by now.

        The claim stays as it is.
        """

        def work(connection: Connection) -> bool:
            is_open = mails.is_open(connection, claim)
            if is_open:
                changes.mark(connection, claim.event_id, "uncertain")
            return is_open

        return self._database.run(work)

    def failed(self, event_id: str, reason: str) -> None:
        """Note that the change is a dead letter, unless Mailgun has its mail."""

        def work(connection: Connection) -> None:
            claims = mails.of_event(connection, event_id)
            if all(claim.state != "accepted" for claim in claims):
                changes.mark(connection, event_id, "failed", reason)

        self._database.run(work)

    def told(self, event: EmailEvent) -> None:
        """Note what became of a mail: its recipient has it, or wants no more."""

        def work(connection: Connection) -> None:
            outcomes.suppress(connection, event)
            cause = event.data.cause
            if cause is None:
                return
            claims = mails.of_event(connection, cause)
            if claims:
                outcomes.note(connection, event)
            for claim in claims:
                # Of a mail that Mailgun had not nothing could be told.
                if mails.settle(
                    connection,
                    claim,
                    "accepted",
                    mailgun_id=claim.message_id,
                ):
                    changes.mark(connection, cause, "accepted")

        self._database.run(work)

    def all_suppressed(self, limit: int) -> list[Suppressed]:
        """Return the addresses that get no more mails, the newest first."""
        return self._database.run(lambda c: outcomes.all_suppressed(c, limit))

    def lift(self, recipient_key: str) -> bool:
        """Let the address get mails again; False where it does already."""
        return self._database.run(lambda c: outcomes.lift(c, recipient_key))

    def show(self, submission_id: str) -> list[Entry]:
        """Return the submission's changes and what was done about them."""
        return self._database.run(lambda c: history.of_submission(c, submission_id))

    def claims(self, event_id: str) -> Sequence[Claim]:
        """Return the claims for an event."""
        return self._database.run(lambda c: mails.of_event(c, event_id))

    def counts(self) -> dict[str, int]:
        """Return how many mails are `claimed` and `uncertain`."""
        return self._database.run(history.counts)

    def prune(self, *, days: float) -> int:
        """Forget some of what has ended and is older; return how many changes."""
        return self._database.run(lambda c: history.prune(c, days=days))

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _judge(
        self,
        connection: Connection,
        change: Change,
        claims: Sequence[Claim],
        *,
        has_waited: bool,
    ) -> Judgement:
        for claim in claims:
            if claim.state == "accepted":
                return Sent(claim)
            if claim.state != "free":
                return Open(claim)
        known = changes.of_submission(connection, change.submission_id)
        mine = next((k for k in known if k.change.event_id == change.event_id), None)
        if mine is None:
            return Drop("superseded", "the status changed many times since")
        others = [k for k in known if k is not mine]
        if any(other.state == "waiting" for other in others):
            others = mails.with_unknown(connection, others)
        stands = standing.stand(
            mine, others, settle=self._settle, has_waited=has_waited
        )
        if isinstance(stands, Drop):
            changes.mark(connection, change.event_id, stands.state, stands.reason)
        return stands
