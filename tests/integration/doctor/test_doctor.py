"""The doctor beside a running installation: all is well, then one fault at a time."""

from __future__ import annotations

import base64
import os
import subprocess
import sys

import pika
import pytest
import requests

from shared.topology import MAILER_DEAD_LETTERS, MAILER_SETTLING
from tests.integration.doctor.conftest import SECRETS, examine
from tests.plugins.services import ANON_KEY, ROOT, free_port

NOBODY = f"127.0.0.1:{free_port()}"

#: A variable set wrong, the check that tells, and a part of its remedy.
WRONG = {
    "a password that the broker has not": (
        {"RABBITMQ_URL": "amqp://melotech:wrong-password@{broker}"},
        "login", "refuses the login", "RABBITMQ_URL",
    ),
    "a virtual host that is not there": (
        {"RABBITMQ_URL": "{bus}-of-nobody"},
        "login", "virtual host", "set_permissions",
    ),
    "a broker that is away": (
        {"RABBITMQ_URL": f"amqp://melotech:secret-of-nobody@{NOBODY}/"},
        "login", "nobody listens", "Start RabbitMQ",
    ),
    "the browsers' key": (
        {"SUPABASE_SERVICE_ROLE_KEY": ANON_KEY},
        "service key", "publishable", "sb_secret_",
    ),
    "the browsers' key, at Auth": (
        {"SUPABASE_SERVICE_ROLE_KEY": ANON_KEY},
        "Auth", "no service key", "SUPABASE_SERVICE_ROLE_KEY",
    ),
    "a key of another project": (
        {"SUPABASE_SERVICE_ROLE_KEY": "sb_secret_of_somebody_else"},
        "table users", "refused", "SUPABASE_SERVICE_ROLE_KEY",
    ),
    "a table that is not there": (
        {"SUBMISSIONS_TABLE": "tracks"},
        "table tracks", "no such table", "SUBMISSIONS_TABLE",
    ),
    "a project that is away": (
        {"SUPABASE_URL": f"http://{NOBODY}"},
        "Auth", "nobody listens", "SUPABASE_URL",
    ),
    "a project whose name is unknown": (
        {"SUPABASE_URL": "http://nowhere.invalid"},
        "Auth", "DNS", "SUPABASE_URL",
    ),
    "a Mailgun key that is no more": (
        {"MAILGUN_API_KEY": "key-of-the-last-owner"},
        "key may send", "401", "MAILGUN_API_KEY",
    ),
    "a domain of another account": (
        {"MAILGUN_DOMAIN": "mg.somebody.test"},
        "key may send", "does not know the domain", "MAILGUN_DOMAIN",
    ),
    "a Mailgun that is away": (
        {"MAILGUN_BASE_URL": f"http://{NOBODY}"},
        "key may send", "nobody listens", "MAILGUN_BASE_URL",
    ),
    "the API key in place of the signing key": (
        {"MAILGUN_WEBHOOK_SIGNING_KEY": "key-of-the-tests"},
        "MAILGUN_WEBHOOK_SIGNING_KEY", "is the API key", "signing key",
    ),
    "an example in place of the webhook's secret": (
        {"WEBHOOK_SECRET": "whsec_changemechangeme"},
        "WEBHOOK_SECRET", "example", "openssl rand",
    ),
    "a malformed number": (
        {"MAILER_SENDERS": "many"},
        "mailer", "MAILER_SENDERS", "docs/configuration.md",
    ),
    "an edge that is away": (
        {"PUBLIC_URL": f"http://{NOBODY}"},
        "edge", "nobody listens", "EDGE_URL",
    ),
    "a service that is away": (
        {"INGEST_BIND": NOBODY},
        "ingest", "nobody listens", "INGEST_BIND",
    ),
    "a data folder that is a file": (
        {"INGEST_DATA_DIR": __file__},
        "INGEST_DATA_DIR", "no folder", "Name a folder",
    ),
    "a ledger that is no database": (
        {"MAILER_DATABASE_URL": f"sqlite:///{__file__}"},
        "ledger", "cannot be read", "MAILER_DATABASE_URL",
    ),
}  # fmt: skip


def test_healthy_installation_is_told_to_be_well(installation):
    report = installation.examined()

    assert report.bad == []
    assert report.code == 0


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_fault_is_told_with_its_remedy(installation, case):
    changes, check, text, remedy = WRONG[case]
    bus = installation.environ["RABBITMQ_URL"]
    facts = {"bus": bus, "broker": bus.rpartition("@")[2]}
    given = {name: value.format(**facts) for name, value in changes.items()}

    report = installation.examined(**given)

    found = report.of(check)
    assert found["verdict"] == "fault"
    assert text in found["text"]
    assert remedy in found["remedy"]
    assert report.code == 1


def test_node_that_is_away_is_a_warning_beside_one_that_lets_us_in(installation):
    bus = installation.environ["RABBITMQ_URL"]

    report = installation.examined(RABBITMQ_URL=f"amqp://u:p@{NOBODY}/,{bus}")

    away = report.of(f"node {NOBODY}")
    assert away["verdict"] == "warning"
    assert "nobody listens" in away["text"]
    there = bus.rpartition("@")[2].partition("/")[0]
    assert report.of(f"node {there}")["verdict"] == "ok"
    assert report.of("exchange and queues")["verdict"] == "ok"
    assert report.code == 0


def test_nothing_that_is_printed_is_secret(installation):
    environ = installation.environ
    password = environ["RABBITMQ_URL"].split(":")[2].partition("@")[0]
    broken = {
        "MAILGUN_DOMAIN": "mg.somebody.test",
        "MAILER_DATABASE_URL": "postgresql://keeper:ledgers-password@nowhere.invalid/x",
        "SUPABASE_URL": f"http://{NOBODY}",
    }

    outputs = [installation.examined().text, installation.examined(**broken).text]

    for secret in (*SECRETS, password, "ledgers-password"):
        assert not any(secret in output for output in outputs)


def test_queue_that_is_missing_or_differs_is_told_and_left_as_it_is(
    installation, broker
):
    url = broker.empty_bus()
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        connection.channel().queue_declare(MAILER_DEAD_LETTERS, durable=True)

        report = installation.examined(RABBITMQ_URL=url)

        with pytest.raises(pika.exceptions.ChannelClosedByBroker):
            connection.channel().queue_declare(MAILER_SETTLING, passive=True)
    different, missing = report.of(MAILER_DEAD_LETTERS), report.of(MAILER_SETTLING)
    assert "x-queue-type differs" in different["text"]
    assert f"delete_queue {MAILER_DEAD_LETTERS}" in different["remedy"]
    assert missing["text"] == "is missing"
    assert "definitions" in missing["remedy"]


@pytest.mark.parametrize("state", ["unverified", "disabled"])
def test_domain_that_may_not_send_is_told(installation, state):
    behaviour = f"{installation.mailgun_url}/api/behaviour"
    requests.post(behaviour, json={"domain_state": state}, timeout=5)
    try:
        report = installation.examined("--only", "mailer")
    finally:
        requests.post(behaviour, json={}, timeout=5)

    assert report.of("domain")["verdict"] == "fault"
    assert "Mailgun's page of the domain" in report.of("domain")["remedy"]
    assert report.of("DNS records")["verdict"] == (
        "warning" if state == "unverified" else "ok"
    )


def test_doctor_sends_no_mail(installation):
    count = f"{installation.mailgun_url}/api/messages?count=1"
    before = requests.get(count, timeout=5).json()

    installation.examined()

    assert requests.get(count, timeout=5).json() == before


def test_sending_key_alone_is_a_warning_that_names_the_other_key(
    installation, start, tmp_path
):
    from tests.plugins.services import start_mailgun

    strict = start_mailgun(start, tmp_path, MAILGUN_STANDIN_SENDING_KEY_ONLY="1")

    report = installation.examined("--only", "mailer", MAILGUN_BASE_URL=strict.url)

    assert report.of("key may send")["verdict"] == "ok"
    for check in ("domain", "log of events"):
        assert report.of(check)["verdict"] == "warning"
        assert "MAILGUN_LOG_API_KEY" in report.of(check)["remedy"]
    assert report.code == 0


def test_variable_that_nobody_reads_is_taken_for_a_slip(installation):
    report = installation.examined(MAIL_SETTEL_SECONDS="5")

    assert "MAIL_SETTLE_SECONDS" in report.of("MAIL_SETTEL_SECONDS")["remedy"]


def test_peer_that_never_answers_is_told_within_the_deadline(installation):
    import socket
    import time

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        report = installation.examined(SUPABASE_URL=address, MAILGUN_BASE_URL=address)
        took = time.monotonic() - began

    assert "in time" in report.of("Auth")["text"]
    assert "in time" in report.of("key may send")["text"]
    assert report.of("login")["verdict"] == "ok"
    # All peers are waited for together; the rest is for Python on a busy machine.
    assert took < 20


def test_folder_that_holds_shared_and_one_service_is_enough(installation, tmp_path):
    for part in ("shared", "ingest_service"):
        (tmp_path / part).symlink_to(ROOT / part)

    done = subprocess.run(
        [sys.executable, "-m", "shared.doctor"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **installation.environ},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout
    assert "✓ ok       ingest: healthy" in done.stdout
    assert "gateway" not in done.stdout
    assert "Mailgun\n" not in done.stdout


def test_without_any_service_it_cannot_run(tmp_path):
    (tmp_path / "shared").symlink_to(ROOT / "shared")

    done = subprocess.run(
        [sys.executable, "-m", "shared.doctor"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 2
    assert "cannot run" in done.stderr


def test_empty_environment_is_told_what_it_lacks(tmp_path):
    report = examine({"HOME": str(tmp_path)})

    told = [each["text"] for each in report.findings]
    assert "WEBHOOK_SECRET is missing" in told
    assert "MAILGUN_DOMAIN is missing" in told


def test_legacy_secret_that_did_not_sign_the_key_is_told(installation):
    def part(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    header, claims = '{"alg":"HS256"}', '{"role":"service_role","exp":4102444800}'
    key = ".".join(map(part, (header, claims, "no signature")))

    report = installation.examined(
        SUPABASE_SERVICE_ROLE_KEY=key, SUPABASE_JWT_SECRET="of-another-project-entirely"
    )

    assert "did not sign" in report.of("JWT secret")["text"]
    assert report.of("service key")["verdict"] == "warning"
