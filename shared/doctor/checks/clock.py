"""Does our clock agree with the peers'? Tokens and signatures are good for a time."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from shared.doctor.findings import Finding, fault, ok, warning
from shared.doctor.probes.http import Answer, Reply

GROUP = "Clock"
#: A Date header knows whole seconds.
RESOLUTION = 1.0
#: What the gateway allows a token's clock, in seconds: fresher ones are refused.
ALLOWED = 5.0
NOTABLE = 2.0
REMEDY = "Let the machine keep its time: timedatectl set-ntp true (or run chrony)."


def beside(peer: str, reply: Reply) -> list[Finding]:
    """Compare the peer's Date header; nothing where there is none."""
    offset = offset_of(reply) if isinstance(reply, Answer) else None
    if offset is None:
        return []
    off = abs(offset)
    if off <= NOTABLE:
        return [ok(GROUP, peer, "agrees with ours")]
    text = f"ours is {off:.0f} s {'behind' if offset > 0 else 'ahead'}"
    if off <= ALLOWED:
        return [warning(GROUP, peer, text, REMEDY)]
    return [fault(GROUP, peer, f"{text}: good tokens will be refused", REMEDY)]


def offset_of(answer: Answer) -> float | None:
    """Return by how much the peer's clock is surely ahead of ours, in seconds.

    What the way there and back took is no difference of clocks.
    """
    try:
        said = parsedate_to_datetime(answer.date).timestamp()
    except (ValueError, OverflowError):
        return None
    earliest, latest = answer.asked_at - RESOLUTION, answer.answered_at
    if said < earliest:
        return said - earliest
    return max(0.0, said - latest)
