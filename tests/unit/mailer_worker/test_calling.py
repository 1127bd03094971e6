"""The calls to Mailgun and Supabase: their forms, and the way to get there."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer_worker.environment import session_for
from mailer_worker.mailgun.messages import encoded

MAILGUN = "https://api.mailgun.test"


@given(st.dictionaries(st.text(), st.text()))
def test_a_form_is_encoded_as_the_standard_library_does_it(form):
    assert encoded(form) == urlencode(form).encode()


def test_a_session_takes_the_proxy_and_the_certificates_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/own-certificates.pem")

    session = session_for(MAILGUN)

    assert session.proxies["https"] == "http://proxy.test:3128"
    assert session.verify == "/etc/own-certificates.pem"


def test_a_session_goes_past_the_proxy_where_the_environment_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "mailgun.test")

    assert not session_for(MAILGUN).proxies


def test_a_session_checks_certificates_where_the_environment_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)

    assert session_for(MAILGUN).verify is True
