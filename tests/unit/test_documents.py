"""The documents name what the code has: settings, close codes, versions."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from devstack.mailgun.settings import StandInSettings as MailgunStandIn
from devstack.supabase.settings import StandInSettings as SupabaseStandIn
from ingest_service.outbox_relay.settings import RelaySettings
from ingest_service.settings import IngestSettings
from mailer_worker.settings import MailerSettings
from realtime_gateway.close_codes import CloseCode
from realtime_gateway.settings import GatewaySettings
from shared.topology import TOPOLOGY
from shared.version import __version__

ROOT = Path(__file__).parents[2]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "settings",
    [
        IngestSettings,
        RelaySettings,
        GatewaySettings,
        MailerSettings,
        SupabaseStandIn,
        MailgunStandIn,
    ],
    ids=["ingest", "relay", "gateway", "mailer", "supabase", "mailgun"],
)
def test_every_setting_is_documented(settings):
    document = text("docs/configuration.md")

    missing = [
        n.upper() for n in settings.model_fields if f"`{n.upper()}`" not in document
    ]
    assert missing == []


def test_every_close_code_is_documented():
    document = text("docs/protocol.md")

    for code in CloseCode:
        assert f"| {code.number} | {code.reason}" in document


def test_every_queue_is_documented():
    document = text("docs/protocol.md")

    for queue in TOPOLOGY.queues:
        short = queue.name.removeprefix("mailer.retry")
        assert f"`{queue.name}`" in document or f"`{short}`" in document


def test_version_is_one_and_the_same():
    project = tomllib.loads(text("pyproject.toml"))["project"]

    assert project["version"] == __version__
    assert f"## {__version__}" in text("CHANGELOG.md")


def test_locks_name_no_address():
    for lock in (ROOT / "locks").iterdir():
        assert "://" not in lock.read_text(), lock.name
