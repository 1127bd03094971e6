"""The environment itself: faults of the settings, names that were mistyped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches

from shared.doctor.findings import Finding, fault, ok, warning
from shared.doctor.services import Standing

GROUP = "Variables"
WHERE = "docs/configuration.md has them all"
#: How alike two names must be for one to be taken for a slip of the other.
ALIKE = 0.87


def of_service(standing: Standing) -> list[Finding]:
    """Say whether a service could start with what it is given."""
    service = standing.service
    if not standing.configured:
        return [_not_configured(standing)]
    if not standing.faults:
        return [ok(GROUP, service.name, "all are there and well-formed")]
    return [_faulty(service.name, told) for told in standing.faults]


def mistyped(environ: Iterable[str], known: Collection[str]) -> list[Finding]:
    """Name variables that nobody reads, and that look like one that is not set."""
    given = {name.removesuffix("_FILE") for name in environ}
    unset = [name for name in known if name not in given]
    return [
        warning(
            GROUP,
            name,
            "nobody reads this variable",
            f"Is {meant} meant? Then rename it.",
        )
        for name in sorted(given - set(known))
        for meant in get_close_matches(name, unset, 1, ALIKE)
    ]


def together(
    *,
    public_url: str | None,
    allowed_origins: Sequence[str],
    unsubscribe: bool,
    outcomes: bool,
) -> list[Finding]:
    """Say what is missing beside what is there; None and () are what is not set."""
    found: list[Finding] = []
    if unsubscribe and not public_url:
        text = "UNSUBSCRIBE_SECRET is set and PUBLIC_URL is not: no mail has its link"
        remedy = "Set the mailer's PUBLIC_URL to the edge's address, https://your-host."
        found.append(warning(GROUP, "PUBLIC_URL", text, remedy))
    if public_url and allowed_origins and public_url not in allowed_origins:
        text = "the edge's own pages may not open sockets: it lacks PUBLIC_URL"
        remedy = f"Add {public_url} to the gateway's ALLOWED_ORIGINS."
        found.append(warning(GROUP, "ALLOWED_ORIGINS", text, remedy))
    if not outcomes:
        text = "not set: /webhook/mailgun is closed, and no page shows delivery"
        remedy = (
            "Set it to Mailgun's HTTP webhook signing key (not the API key),"
            " and add https://your-host/webhook/mailgun at Mailgun."
        )
        found.append(warning(GROUP, "MAILGUN_WEBHOOK_SIGNING_KEY", text, remedy))
    return found


def _not_configured(standing: Standing) -> Finding:
    service, own = standing.service, ", ".join(standing.service.own)
    if service.optional:
        return ok(GROUP, service.name, f"not used here ({own} is not set)")
    return warning(
        GROUP,
        service.name,
        f"not checked: it is not configured here ({own})",
        f"If it is to run here, set its variables; {WHERE}. Else name the others:"
        " --only.",
    )


def _faulty(service: str, told: str) -> Finding:
    name, _, text = told.partition(": ")
    if text.startswith("is missing"):
        text, remedy = "is missing", f"Set {name}, or {name}_FILE; {WHERE}."
    else:
        remedy = f"Mend {name}, and restart the {service}; {WHERE}."
    return fault(GROUP, service, f"{name} {text.splitlines()[0]}", remedy)
