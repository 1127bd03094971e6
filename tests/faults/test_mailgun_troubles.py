"""Mailgun hangs, answers half, or is not to be reached: one mail, and no guess."""

from __future__ import annotations

import contextlib
import http.server
import ssl
import subprocess
import threading

import pytest
import requests

from devstack.free_port import free_port
from tests.plugins.ledgers import (
    IMPATIENT,
    NO_SUPABASE,
    an_outcome,
    depths,
    mailed,
    opened,
    states,
)
from tests.plugins.mails import behave, dead_letters, mails_told
from tests.plugins.services import start_mailer, until
from tests.plugins.turns import publish_all, some_changes


@pytest.fixture
def ledger(tmp_path):
    return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"


@pytest.fixture
def start_at(start, bus_url, ledger):
    """Start a mailer that takes the address for Mailgun's."""

    def run(url):
        return start_mailer(
            start,
            bus_url,
            NO_SUPABASE,
            url,
            **IMPATIENT,
            MAILER_DATABASE_URL=ledger,
        )

    return run


@pytest.fixture
def certificate(tmp_path):
    """A certificate that nobody vouches for."""
    path = tmp_path / "server.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(path), "-out", str(path.with_suffix(".crt"))]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@contextlib.contextmanager
def tls_server(certificate):
    """Serve HTTPS; yield the address and the list of the requests that came."""
    came = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            came.append(self.path)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.1}
    )
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}", came
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def told_types(bus_url):
    """Return what the bus was told of mails, each event once."""
    return list({event.id: event.type for event in mails_told(bus_url)}.values())


def assert_waits_with_no_claim(bus_url, ledger):
    """Fail unless the change waits for its next attempt, and Mailgun has nothing."""
    until(lambda: depths(bus_url) == {"mailer.retry.5s": 1})
    with opened(ledger) as it:
        assert [claim.state for claim in it.claims("evt_0")] == ["free"]
    assert told_types(bus_url) == []


@pytest.mark.parametrize("mode", ["accept_then_hang", "hang"])
def test_mailgun_that_hangs_for_a_minute_costs_no_second_mail_and_no_connection(
    start_at, bus, bus_url, mailgun, ledger, mode
):
    mailer = start_at(mailgun.url)
    behave(mailgun, mode=mode, seconds=60, times=1, events_lag_seconds=3)
    publish_all(bus, some_changes(1))

    until(lambda: told_types(bus_url) == ["email.uncertain"])
    until(lambda: "email.accepted" in told_types(bus_url), timeout=30)

    assert mailed(mailgun) == ["evt_0"]
    assert told_types(bus_url) == ["email.uncertain", "email.accepted"]
    assert states(ledger, ["s-0"]) == {"evt_0": "accepted"}
    assert "broker.lost" not in mailer.output()


@pytest.mark.parametrize("mode", ["half", "garbage"])
def test_answer_that_breaks_off_or_says_nothing_is_believed_by_its_status(
    start_at, bus, bus_url, mailgun, ledger, mode
):
    start_at(mailgun.url)
    behave(mailgun, mode=mode, times=1)
    publish_all(bus, some_changes(1))

    until(lambda: told_types(bus_url))

    assert told_types(bus_url) == ["email.accepted"]
    assert mailed(mailgun) == ["evt_0"]
    assert states(ledger, ["s-0"]) == {"evt_0": "accepted"}


def test_webhook_that_comes_before_the_answer_ends_the_doubt(
    start_at, bus, bus_url, mailgun, ledger
):
    start_at(mailgun.url)
    behave(mailgun, mode="accept_then_hang", seconds=60, times=1, events_lag_seconds=60)
    publish_all(bus, some_changes(1))
    until(lambda: mailed(mailgun) == ["evt_0"])
    publish_all(bus, [an_outcome("delivered", cause="evt_0")])

    until(lambda: "email.accepted" in told_types(bus_url))

    assert "email.uncertain" not in told_types(bus_url)
    assert states(ledger, ["s-0"]) == {"evt_0": "accepted"}


def test_plain_server_where_tls_is_expected_gets_no_mail_and_leaves_no_doubt(
    start_at, bus, bus_url, mailgun, ledger
):
    start_at(mailgun.url.replace("http://", "https://"))
    publish_all(bus, some_changes(1))

    assert_waits_with_no_claim(bus_url, ledger)
    assert mailed(mailgun) == []


def test_server_that_nobody_vouches_for_gets_no_mail_and_leaves_no_doubt(
    start_at, bus, bus_url, ledger, certificate
):
    with tls_server(certificate) as (url, came):
        start_at(url)
        publish_all(bus, some_changes(1))

        assert_waits_with_no_claim(bus_url, ledger)
        assert came == []


@pytest.mark.parametrize("url", ["http://mailgun.invalid", "closed port"])
def test_mailgun_that_cannot_be_reached_leaves_no_doubt(
    start_at, bus, bus_url, ledger, url
):
    start_at(f"http://127.0.0.1:{free_port()}" if url == "closed port" else url)
    publish_all(bus, some_changes(1))

    assert_waits_with_no_claim(bus_url, ledger)


def test_mails_of_an_outage_go_out_once_when_mailgun_is_back(
    start_at, bus, bus_url, mailgun
):
    mailer = start_at(mailgun.url)
    mailgun.kill()
    publish_all(bus, some_changes(30))
    until(lambda: mailer.output().count('"retried"') == 30)
    mailgun.start()

    until(lambda: len(mailed(mailgun)) >= 30, timeout=40)
    until(lambda: not depths(bus_url))

    assert sorted(mailed(mailgun)) == sorted(f"evt_{n}" for n in range(30))
    assert dead_letters(bus_url) == []


def test_domain_that_mailgun_knows_a_moment_later_is_a_mail_a_moment_later(
    start_at, bus, bus_url, mailgun
):
    mailer = start_at(mailgun.url)
    behave(mailgun, mode="status", status=404, times=1)
    publish_all(bus, some_changes(1))

    until(lambda: mailed(mailgun) == ["evt_0"])

    assert told_types(bus_url) == ["email.accepted"]
    assert requests.get(f"{mailer.url}/health", timeout=5).status_code == 200
    assert dead_letters(bus_url) == []
