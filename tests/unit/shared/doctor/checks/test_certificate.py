"""What is made of a certificate that was shown."""

from __future__ import annotations

import pytest

from shared.doctor.checks import (
    certificate,
)
from shared.doctor.probes.certificate import Believed, Disbelieved
from tests.plugins.findings import (
    AWAY,
    NOW,
    holds_remedies,
    worst,
)


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (Believed(ends_at=NOW + 60 * certificate.DAY), "ok"),
        (Believed(ends_at=NOW + 20 * certificate.DAY), "warning"),
        (Believed(ends_at=NOW + 6 * certificate.DAY), "fault"),
        (Disbelieved(reason="certificate has expired"), "fault"),
        (AWAY, "fault"),
    ],
)
def test_certificate(shown, verdict):
    found = certificate.judged(shown, now=NOW)

    assert worst(found) == verdict
    assert holds_remedies(found)


def test_address_without_https_is_for_this_machine_alone():
    assert worst(certificate.unencrypted("http://localhost:8000")) == "ok"
    assert worst(certificate.unencrypted("http://melotech.test")) == "fault"
