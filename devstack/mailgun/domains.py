"""What Mailgun says of a domain: its state and its DNS records.

Source: Mailgun's API, `GET /v4/domains/{name}`.
"""

from __future__ import annotations

from typing import Any

from devstack.mailgun.behaviour import State


def shown(name: str, state: State) -> dict[str, Any]:
    """Return the body of the answer."""
    seen = state != "unverified"
    return {
        "domain": {
            "name": name,
            "state": state,
            "type": "custom",
            "is_disabled": state == "disabled",
            "wildcard": False,
            "web_scheme": "https",
            "web_prefix": "email",
            "smtp_login": f"postmaster@{name}",
            "created_at": "Tue, 24 Nov 2026 10:00:00 GMT",
        },
        "receiving_dns_records": [
            _record("MX", "", "mxa.mailgun.org", valid=seen) | {"priority": "10"}
        ],
        "sending_dns_records": [
            _record("TXT", name, "v=spf1 include:mailgun.org ~all", valid=seen),
            _record("TXT", f"mx._domainkey.{name}", "k=rsa; p=MIGf", valid=seen),
            _record("CNAME", f"email.{name}", "mailgun.org", valid=True),
        ],
    }


def _record(kind: str, name: str, value: str, *, valid: bool) -> dict[str, Any]:
    return {
        "record_type": kind,
        "name": name,
        "value": value,
        "valid": "valid" if valid else "unknown",
        "is_active": valid,
        "cached": [],
    }
