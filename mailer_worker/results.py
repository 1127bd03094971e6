"""What a delivery came to, and the messages that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil

from mailer_worker import settlement, telling
from mailer_worker.ledger.mails import Claim
from mailer_worker.settlement import DeadLetter, GoBack, Headers, Retry
from shared.amqp.message import Delivery, Message
from shared.events import ChangeEvent
from shared.retry import RetryIn
from shared.topology import MAILER_DEAD_LETTERS, MAILER_QUEUE, MAILER_SETTLING


@dataclass(frozen=True, slots=True)
class Result:
    """What a delivery came to: the log's word for it, and what follows."""

    outcome: str
    messages: list[Message] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)


def skipped(event: ChangeEvent, reason: str) -> Result:
    """No mail, and why."""
    told = telling.skipped(event, reason, now=_now())
    return Result("skipped", [told], {"reason": reason})


def accepted(event: ChangeEvent, claim: Claim) -> Result:
    """Mailgun has the mail."""
    told = telling.accepted(event, claim.recipient, now=_now())
    return Result("accepted", [told], {"message_id": claim.message_id})


def settling(delivery: Delivery, seconds: float) -> Result:
    """The last word may not have been spoken: it comes again after so long."""
    message = _original(delivery).to_queue(
        MAILER_SETTLING,
        settlement.waited(delivery.headers),
        expiration=ceil(seconds * 1000),
    )
    return Result("waiting", [message], {"seconds": round(seconds, 1)})


def later(delivery: Delivery, wait: RetryIn, reason: str) -> Result:
    """It comes again, and no attempt is counted."""
    return Result("waiting", [_parked(delivery, wait)], {"reason": reason})


def uncertain(
    delivery: Delivery,
    event: ChangeEvent,
    claim: Claim,
    wait: RetryIn,
    *,
    reason: str,
    log: str | None,
) -> Result:
    """Nobody knows; `log` is why Mailgun's log does not tell, where it cannot."""
    told = telling.uncertain(event, claim.recipient, reason, now=_now())
    seconds = wait.delay.total_seconds()
    facts: dict[str, object] = {"reason": reason, "look_again_in_s": seconds}
    if log is not None:
        facts["log"] = log
    return Result("uncertain", [told, _parked(delivery, wait)], facts)


def failed(
    delivery: Delivery,
    decision: Retry | DeadLetter | GoBack,
    headers: Headers,
    event: ChangeEvent | None,
) -> Result:
    """An attempt failed; `event` is the change, where the message is one."""
    original, facts = _original(delivery), {"reason": decision.reason}
    match decision:
        case GoBack():
            return Result("held", [original.to_queue(MAILER_QUEUE, headers)], {**facts})
        case Retry(wait=wait):
            again = original.to_queue(wait.queue, headers)
            seconds = wait.delay.total_seconds()
            return Result("retried", [again], {**facts, "retry_in_s": seconds})
    messages = [original.to_queue(MAILER_DEAD_LETTERS, headers)]
    if event is not None:
        messages.append(telling.failed(event, decision.reason, now=_now()))
    return Result("dead-lettered", messages, {**facts})


def _parked(delivery: Delivery, wait: RetryIn) -> Message:
    headers: Headers = settlement.waited(delivery.headers)
    return _original(delivery).to_queue(wait.queue, headers)


def _original(delivery: Delivery) -> Message:
    return Message(body=delivery.body, message_id=delivery.message_id, routing_key="")


def _now() -> datetime:
    return datetime.now(UTC)
