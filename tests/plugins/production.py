"""compose.production.yml and what stands beside it, read once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest_service.outbox_relay.settings import RelaySettings
from ingest_service.settings import IngestSettings
from mailer_worker.settings import MailerSettings
from realtime_gateway.settings import GatewaySettings

FOLDER = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load(
    (FOLDER / "compose.production.yml").read_text()
)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LOCAL: dict[str, dict[str, Any]] = yaml.safe_load(
    (FOLDER.parent / "docker-compose.yml").read_text()
)["services"]
SCRAPED: dict[str, Any] = yaml.safe_load(
    (FOLDER / "prometheus" / "production.yml").read_text()
)
#: They run for a moment, where somebody asks for them.
TOOLS = {"keeper", "operator"}
#: The profile of whoever has the memory for it; what it keeps can be lost.
METRICS = {"prometheus", "grafana"}
SETTINGS = {
    "ingest_1": IngestSettings,
    "ingest_2": IngestSettings,
    "gateway_1": GatewaySettings,
    "gateway_2": GatewaySettings,
    "mailer_worker": MailerSettings,
    "operator": MailerSettings,
    "outbox_relay": RelaySettings,
}
#: A server of 2 GB keeps some for itself.
MEMORY = 1_700
METRICS_MEMORY = 640
#: They name the secrets that the broker reads.
BROKERS_FILES = "".join(p.read_text() for p in (FOLDER / "rabbitmq").iterdir())
every_service = pytest.mark.parametrize("name", sorted(SERVICES))


def variables(service: dict[str, Any]) -> dict[str, str]:
    """Return a service's environment, all values as texts."""
    return {k: str(v) for k, v in service.get("environment", {}).items()}
