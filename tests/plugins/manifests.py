"""The manifests of deploy/kubernetes, and what is looked up in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest_service.outbox_relay.settings import RelaySettings
from ingest_service.settings import IngestSettings
from mailer_worker.settings import MailerSettings
from realtime_gateway.settings import GatewaySettings
from tests.plugins.kustomized import Thing

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("production", "small")
SETTINGS: dict[str, Any] = {
    "ingest": IngestSettings,
    "gateway": GatewaySettings,
    "mailer": MailerSettings,
    "operator": MailerSettings,
    "relay": RelaySettings,
}
PORTS = {"ingest": 8001, "gateway": 8002, "mailer": 8003, "relay": 8005, "edge": 8000}


def of_kind(things: list[Thing], kind: str) -> dict[str, Thing]:
    return {t["metadata"]["name"]: t for t in things if t["kind"] == kind}


def pods(things: list[Thing]) -> dict[str, Thing]:
    """The specifications of the pods that we describe ourselves, by their names."""
    jobs = of_kind(things, "CronJob").items()
    return {
        name: t["spec"]["template"] for name, t in of_kind(things, "Deployment").items()
    } | {name: t["spec"]["jobTemplate"]["spec"]["template"] for name, t in jobs}


def container(pod: Thing) -> Thing:
    (only,) = pod["spec"]["containers"]
    return dict(only)


def variables(things: list[Thing], name: str) -> dict[str, str]:
    """The environment of a service, its ConfigMaps' values included."""
    told = container(pods(things)[name])
    found: dict[str, str] = {}
    for source in told.get("envFrom", ()):
        found |= of_kind(things, "ConfigMap")[source["configMapRef"]["name"]]["data"]
    return found | {each["name"]: each["value"] for each in told["env"]}
