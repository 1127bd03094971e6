"""How strong a webhook's secret is taken to be."""

from __future__ import annotations

import pytest

from shared.doctor.checks import (
    secret,
)
from tests.plugins.findings import (
    holds_remedies,
    whsec,
    worst,
)


@pytest.mark.parametrize(
    ("secrets", "verdict"),
    [
        ([whsec(bytes(range(32)))], "ok"),
        ([whsec(bytes(range(24)))], "ok"),
        ([whsec(bytes(range(23)))], "fault"),
        ([whsec(bytes(range(80)))], "warning"),
        ([whsec(b"a" * 32)], "fault"),
        (["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "fault"),
        (["whsec_not base64 but long enough to be one"], "fault"),
        (["whsec_..."], "fault"),
        (["changeme-changeme-changeme"], "fault"),
        (["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], "fault"),
        (["short"], "fault"),
        (["3f9a6f2d5b1c4e7089aabbcc01d3e567"], "warning"),
        ([whsec(bytes(range(32))), whsec(bytes(range(1, 33)))], "warning"),
        ([whsec(bytes(range(32))), "short"], "fault"),
    ],
)
def test_webhook_secret(secrets, verdict):
    found = secret.webhook(secrets)

    assert worst(found) == verdict
    assert holds_remedies(found)
    assert not any(s in f.text + f.remedy for f in found for s in secrets)


def test_made_secrets_are_strong():
    from devstack.credentials.generated import missing

    for _ in range(50):
        made = missing({})
        assert worst(secret.webhook([made["WEBHOOK_SECRET"]])) == "ok"
        assert worst(secret.chosen("X", [made["UNSUBSCRIBE_SECRET"]])) == "ok"
