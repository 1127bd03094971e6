"""What is made of Mailgun's answers about key, domain, log and sender."""

from __future__ import annotations

import pytest

from shared.doctor.checks import (
    mailgun,
)
from shared.doctor.probes.http import Answer
from tests.plugins.findings import (
    AWAY,
    holds_remedies,
    said,
    worst,
)


@pytest.mark.parametrize(
    ("here", "elsewhere", "verdict", "remedy"),
    [
        (said(400), None, "ok", ""),
        (said(401), None, "fault", "MAILGUN_API_KEY"),
        (said(401), said(401), "fault", "MAILGUN_API_KEY"),
        (said(401), said(400), "fault", "MAILGUN_BASE_URL=https://api.eu"),
        (said(404), said(400), "fault", "MAILGUN_BASE_URL=https://api.eu"),
        (said(404), said(404), "fault", "MAILGUN_DOMAIN"),
        (said(404), AWAY, "fault", "MAILGUN_DOMAIN"),
        (said(429), None, "warning", "again"),
        (AWAY, None, "fault", "MAILGUN_BASE_URL"),
    ],
)
def test_sending(here, elsewhere, verdict, remedy):
    found = mailgun.sending(here, elsewhere, other=mailgun.EU)

    assert worst(found) == verdict
    assert remedy in found[0].remedy


def test_each_region_knows_the_other():
    assert mailgun.other_region(mailgun.US) == mailgun.EU
    assert mailgun.other_region(mailgun.EU) == mailgun.US
    assert mailgun.other_region("http://127.0.0.1:8025") is None


def shown(**members: object) -> Answer:
    records = members.pop("records", [])
    return said(200, {"domain": members, "sending_dns_records": records})


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (shown(state="active"), "ok"),
        (shown(state="active", type="sandbox"), "warning"),
        (shown(state="active", is_disabled=True), "fault"),
        (shown(state="disabled"), "fault"),
        (shown(state="unverified"), "fault"),
        (shown(state="new"), "warning"),
        (shown(state="active", records=[{"valid": "valid"}]), "ok"),
        (shown(state="active", records=[{"valid": "unknown"}]), "warning"),
        (shown(state="active", records="?"), "ok"),
        (said(200, []), "warning"),
        (said(401), "warning"),
        (said(404), "fault"),
        (said(500), "warning"),
        (AWAY, "nothing"),
    ],
)
def test_domain(reply, verdict):
    found = mailgun.domain(reply)

    assert worst(found) == verdict
    assert holds_remedies(found)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [(said(200), "ok"), (said(403), "warning"), (said(500), "warning")],
)
def test_log_of_events(reply, verdict):
    assert worst(mailgun.log(reply)) == verdict


@pytest.mark.parametrize(
    ("sender", "verdict"),
    [
        ("MeloTech <noreply@mg.melotech.test>", "ok"),
        ("noreply@melotech.test", "ok"),
        ("noreply@elsewhere.test", "warning"),
        ("noreply@notmg.melotech.test", "warning"),
    ],
)
def test_sender_is_of_the_domain(sender, verdict):
    found = mailgun.sender(sender, "mg.melotech.test")

    assert worst(found) == verdict
    assert "noreply" not in found[0].text + found[0].remedy
