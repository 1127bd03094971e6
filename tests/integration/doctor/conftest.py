"""A whole installation on stand-ins, and the doctor beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from tests.plugins.services import (
    ANON_KEY,
    DOMAIN,
    MAILGUN_KEY,
    ROOT,
    SECRET,
    SERVICE_KEY,
    Start,
    start_gateway,
    start_ingest,
    start_mailer,
    start_mailgun,
    start_supabase,
)

SIGNING_KEY = "3f9a6f2d5b1c4e7089abcdef01234567"
SENDER = f"noreply@{DOMAIN}"
DEADLINE = 60


@dataclass(frozen=True)
class Report:
    """What the doctor said; `text` is all of its output, on both streams."""

    code: int
    text: str
    findings: list[dict[str, Any]]

    def of(self, check: str) -> dict[str, Any]:
        """Return the worst finding of a check."""
        order = ["ok", "warning", "fault"]
        own = [each for each in self.findings if each["check"] == check]
        assert own, f"nothing is said of {check}: {self.findings}"
        return max(own, key=lambda each: order.index(each["verdict"]))

    @property
    def bad(self) -> list[dict[str, Any]]:
        """Return what is not well."""
        return [each for each in self.findings if each["verdict"] != "ok"]


def examine(environ: dict[str, str], *words: str) -> Report:
    """Run the doctor as an operator does."""
    done = subprocess.run(
        [sys.executable, "-m", "shared.doctor", "--json", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert done.stdout, done.stderr
    findings = json.loads(done.stdout)["findings"]
    return Report(done.returncode, done.stdout + done.stderr, findings)


@dataclass(frozen=True)
class Installation:
    """The environment of all services, as one `.env` would have it."""

    environ: dict[str, str]
    mailgun_url: str

    def examined(self, *words: str, **changes: str) -> Report:
        """Run the doctor with some variables changed."""
        return examine(self.environ | changes, *words)


@pytest.fixture(scope="module")
def installation(
    start_for_module: Start,
    bus_url_for_module: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Installation:
    """All services, well and running."""
    folder = tmp_path_factory.mktemp("installation")
    start, bus = start_for_module, bus_url_for_module
    supabase = start_supabase(start, folder)
    mailgun = start_mailgun(start, folder)
    gateway = start_gateway(start, bus, supabase.url, folder / "gateway")
    common = {
        "RABBITMQ_URL": bus,
        "SUPABASE_URL": supabase.url,
        "SUPABASE_SERVICE_ROLE_KEY": SERVICE_KEY,
        "WEBHOOK_SECRET": SECRET,
        "INGEST_DATA_DIR": str(folder / "ingest"),
        "GATEWAY_DATA_DIR": str(folder / "gateway"),
        "MAILER_DATABASE_URL": f"sqlite:///{folder / 'mailer' / 'ledger.sqlite3'}",
        "MAILGUN_BASE_URL": mailgun.url,
        "MAILGUN_API_KEY": MAILGUN_KEY,
        "MAILGUN_DOMAIN": DOMAIN,
        "MAILGUN_FROM_EMAIL": f"MeloTech <{SENDER}>",
        "MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY,
        # What the edge would pass on to.
        "PUBLIC_URL": gateway.url,
        "ALLOWED_ORIGINS": gateway.url,
        "UNSUBSCRIBE_SECRET": "9f2b7c41d8e05a6339c1f47be2a8d06c",
        "HISTORY_BYTES": "1000000",
        "SPOOL_MAX_BYTES": "1000000",
    }
    ingest = start_ingest(start, bus, INGEST_DATA_DIR=common["INGEST_DATA_DIR"])
    mailer = start_mailer(
        start,
        bus,
        supabase.url,
        mailgun.url,
        MAILER_DATABASE_URL=common["MAILER_DATABASE_URL"],
    )
    for name, process in (
        ("INGEST_BIND", ingest),
        ("GATEWAY_BIND", gateway),
        ("MAILER_BIND", mailer),
    ):
        common[name] = f"127.0.0.1:{process.port}"
    return Installation(common | {"HOME": str(folder)}, mailgun.url)


SECRETS = (SECRET, SERVICE_KEY, ANON_KEY, MAILGUN_KEY, SIGNING_KEY, SENDER)
