"""May the key send, is the domain in order and in this region, can its log be read?

Source: Mailgun's API. A domain's sending key may post to `/messages` and nothing else.
A post without sender and recipient is refused (400) once the key is accepted, and sends
nothing. `GET /v4/domains/{name}` tells the domain's `state` (active, unverified,
disabled) and its DNS records, each `valid` or `unknown`.
"""

from __future__ import annotations

from email.utils import parseaddr
from http import HTTPStatus
from typing import Any

from shared.doctor.checks.reached import document_of
from shared.doctor.findings import Finding, fault, ok, warning
from shared.doctor.probes.http import NoAnswer, Reply

GROUP = "Mailgun"
US, EU = "https://api.mailgun.net", "https://api.eu.mailgun.net"
_KEY = (
    "Set MAILGUN_API_KEY to a sending key of the domain: the domain's settings at"
    " Mailgun, Sending keys."
)
_REACH = "See MAILGUN_BASE_URL and the way out of this machine to it."
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_UNKNOWN_HERE = frozenset({*_REFUSED, HTTPStatus.NOT_FOUND})


def other_region(base_url: str) -> str | None:
    """Return the other region's address, None for an address that is neither."""
    return {US: EU, EU: US}.get(base_url)


def is_unknown_here(reply: Reply) -> bool:
    """Tell whether an answer could come of having asked the wrong region."""
    return not isinstance(reply, NoAnswer) and reply.status in _UNKNOWN_HERE


def sending(here: Reply, elsewhere: Reply | None, *, other: str) -> list[Finding]:
    """Judge the answers to a post that sends nothing, here and elsewhere (`other`)."""
    name = "key may send"
    if isinstance(here, NoAnswer):
        return [fault(GROUP, name, f"Mailgun is not reached: {here.reason}", _REACH)]
    if here.status == HTTPStatus.BAD_REQUEST:
        return [ok(GROUP, name, "yes")]
    if is_unknown_here(here) and _takes(elsewhere):
        text = "the domain is in Mailgun's other region"
        return [fault(GROUP, name, text, f"Set MAILGUN_BASE_URL={other}")]
    if here.status in _REFUSED:
        return [fault(GROUP, name, f"no: Mailgun answers {here.status}", _KEY)]
    if here.status == HTTPStatus.NOT_FOUND:
        text = "Mailgun does not know the domain"
        remedy = (
            "Compare MAILGUN_DOMAIN with Mailgun's list of domains; for the EU region"
            f" set MAILGUN_BASE_URL={EU}"
        )
        return [fault(GROUP, name, text, remedy)]
    text = f"cannot be told now: Mailgun answers {here.status}"
    return [warning(GROUP, name, text, "Run the doctor again in some minutes.")]


def domain(reply: Reply) -> list[Finding]:
    """Judge what Mailgun says of the domain."""
    name = "domain"
    if isinstance(reply, NoAnswer):
        return []  # said by who tried to send
    if reply.status in _REFUSED:
        text = "this key may not ask for its state"
        remedy = (
            "Look at Mailgun's page of the domain, or give MAILGUN_LOG_API_KEY, a key"
            " of the account that may read."
        )
        return [warning(GROUP, name, text, remedy)]
    if reply.status == HTTPStatus.NOT_FOUND:
        text = "Mailgun does not know it here"
        return [
            fault(GROUP, name, text, "Compare MAILGUN_DOMAIN and MAILGUN_BASE_URL.")
        ]
    told = document_of(reply)
    shown = told.get("domain") if isinstance(told, dict) else None
    if reply.status != HTTPStatus.OK or not isinstance(shown, dict):
        text = f"its state cannot be told now (Mailgun answers {reply.status})"
        return [warning(GROUP, name, text, "Run the doctor again in some minutes.")]
    return [*_state(name, shown), *_dns(told.get("sending_dns_records"))]


def log(reply: Reply) -> list[Finding]:
    """Judge the answer to a request for one event of the log."""
    name = "log of events"
    if isinstance(reply, NoAnswer):
        return []  # said by who tried to send
    if reply.status == HTTPStatus.OK:
        return [ok(GROUP, name, "can be read: a mail in doubt is found out")]
    if reply.status in _REFUSED:
        text = "this key may not read it: a mail in doubt is sent again after two hours"
        remedy = "Set MAILGUN_LOG_API_KEY to a key of the account that may read."
        return [warning(GROUP, name, text, remedy)]
    text = f"cannot be read now (Mailgun answers {reply.status})"
    return [warning(GROUP, name, text, "Run the doctor again in some minutes.")]


def sender(from_email: str, name_of_domain: str) -> list[Finding]:
    """See that the sender is of the domain; the address itself is never told."""
    name = "sender"
    of = parseaddr(from_email)[1].rpartition("@")[2].lower()
    wanted = name_of_domain.lower()
    if of == wanted or wanted.endswith(f".{of}") or of.endswith(f".{wanted}"):
        return [ok(GROUP, name, f"is of {of}")]
    text = f"is of {of}, and the mails are signed by {wanted}: many will call it spam"
    remedy = f"Set MAILGUN_FROM_EMAIL to an address of {wanted}."
    return [warning(GROUP, name, text, remedy)]


def test_mode() -> list[Finding]:
    """Say that nothing is delivered."""
    text = "on: Mailgun takes the mails and delivers them to nobody"
    return [warning(GROUP, "test mode", text, "Unset MAILGUN_TEST_MODE to go live.")]


def _takes(reply: Reply | None) -> bool:
    answered = reply is not None and not isinstance(reply, NoAnswer)
    return answered and reply.status == HTTPStatus.BAD_REQUEST  # type: ignore[union-attr]


def _state(name: str, shown: dict[str, Any]) -> list[Finding]:
    state = "disabled" if shown.get("is_disabled") else shown.get("state")
    match state:
        case "active" if shown.get("type") == "sandbox":
            text = "is a sandbox: it delivers to the recipients alone that you allowed"
            remedy = (
                "Add a domain of your own at Mailgun, and set MAILGUN_DOMAIN to it."
            )
            return [warning(GROUP, name, text, remedy)]
        case "active":
            return [ok(GROUP, name, "is active")]
        case "disabled":
            text = "is disabled: Mailgun sends nothing for it"
            remedy = "Mailgun's page of the domain says why; ask their support."
            return [fault(GROUP, name, text, remedy)]
        case "unverified":
            text = "is not verified: its mails are refused"
            remedy = (
                "Enter the DNS records that Mailgun's page of the domain shows, and"
                " press Verify there."
            )
            return [fault(GROUP, name, text, remedy)]
    text = f"is in a state that we do not know: {str(state)[:20]}"
    return [warning(GROUP, name, text, "Look at Mailgun's page of the domain.")]


def _dns(records: Any) -> list[Finding]:
    name = "DNS records"
    listed = records if isinstance(records, list) else []
    wrong = [
        f"{str(record.get('record_type'))[:8]} {str(record.get('name'))[:80]}"
        for record in listed
        if isinstance(record, dict) and record.get("valid") != "valid"
    ]
    if not wrong:
        return [ok(GROUP, name, "valid")] if listed else []
    text = f"not seen by Mailgun: {', '.join(wrong[:5])}"
    remedy = (
        "Enter them at the domain's DNS as Mailgun's page shows them (TXT: who may"
        " send, and DKIM; CNAME: opens and clicks), then press Verify."
    )
    return [warning(GROUP, name, text, remedy)]
