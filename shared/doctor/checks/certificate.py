"""How long the edge's certificate is good, and whether browsers believe it."""

from __future__ import annotations

from urllib.parse import urlsplit

from shared.doctor.findings import Finding, fault, ok, warning
from shared.doctor.probes.certificate import Believed, Disbelieved, Shown
from shared.doctor.probes.http import NoAnswer

GROUP = "Edge"
NAME = "certificate"
DAY = 86_400.0
#: Caddy renews when a third of the life is left, 30 days of 90.
LATE_DAYS, URGENT_DAYS = 21, 7
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def unencrypted(url: str) -> list[Finding]:
    """Judge a PUBLIC_URL without https."""
    if urlsplit(url).hostname in LOOPBACK:
        return [ok(GROUP, NAME, "none is needed on this machine")]
    return [
        fault(
            GROUP,
            NAME,
            "PUBLIC_URL is not https: tokens and mails' links travel in the open",
            "Give the edge a name and a certificate (docs/deploy.md), and set"
            " PUBLIC_URL to https://that-name.",
        )
    ]


def judged(shown: Shown, *, now: float) -> list[Finding]:
    """Judge what the server shows; `now` in seconds since 1970."""
    match shown:
        case NoAnswer(reason=reason):
            return [fault(GROUP, NAME, f"cannot be seen: {reason}", _UNREACHED)]
        case Disbelieved(reason=reason):
            return [fault(GROUP, NAME, f"is not believed: {reason}", _DISBELIEVED)]
        case Believed(ends_at=ends_at):
            return [_in_time((ends_at - now) / DAY)]


def _in_time(days: float) -> Finding:
    text = f"good for {days:.0f} more days"
    if days > LATE_DAYS:
        return ok(GROUP, NAME, text)
    renewal = (
        "It should have been renewed: see the edge's log for the reason; ports 80 and"
        " 443 must reach it from outside, and DNS lead to it."
    )
    if days > URGENT_DAYS:
        return warning(GROUP, NAME, text, renewal)
    return fault(GROUP, NAME, text, renewal)


_UNREACHED = (
    "See that DNS leads PUBLIC_URL's name to this server, and that ports 80 and 443"
    " are open."
)
_DISBELIEVED = (
    "Clients will refuse it. Let the edge get one of a public authority"
    " (docs/deploy.md), for the very name in PUBLIC_URL; its log says why it has none."
)
