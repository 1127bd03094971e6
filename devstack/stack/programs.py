"""The processes of the stack, as data: command, place in the order, sign of health."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devstack.stack.broker_source import Source
from devstack.stack.environment import points_at
from devstack.stack.gateways import Place, places
from shared.address import host_and_port

#: Started in this order, stopped in the other one: what drains still needs its broker.
GROUPS = ("broker", "standins", "services", "edge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One supervised process.

    `ready` is the address that answers 200 when it works (the broker has none: it is
    asked by AMQP); `listens` maps each variable that moves a port to host and port.
    """

    name: str
    group: str
    command: tuple[str, ...]
    ready: str | None
    listens: Mapping[str, tuple[str, int]]
    #: How long it may take to end in order, in seconds.
    stop_seconds: int
    #: Set for the whole stack; the names are the program's own.
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Set for this program alone. It stands in the supervisor's file: no secret.
    alone: Mapping[str, str] = field(default_factory=dict)


def programs(root: Path, values: Mapping[str, str], source: Source) -> list[Program]:
    """Return what runs: all services, and what stands in for what is not elsewhere.

    Raises WrongNumber where GATEWAYS is no number of gateways.
    """
    chosen = []
    gateways = places(values)
    if source in {Source.INSTALLED, Source.CONTAINER}:
        chosen.append(_broker(root, values, source))
    if points_at(values["SUPABASE_URL"], values["SUPABASE_STANDIN_BIND"]):
        chosen.append(
            _python("supabase", "standins", "devstack.supabase", 10, values=values)
        )
    if points_at(values["MAILGUN_BASE_URL"], values["MAILGUN_STANDIN_BIND"]):
        chosen.append(
            _python("mailgun", "standins", "devstack.mailgun", 10, values=values)
        )
    return [
        *chosen,
        _python("ingest", "services", "ingest_service", 20, values=values),
        *(_gateway(place) for place in gateways),
        # A call to Mailgun that is under way is waited for.
        _python("mailer", "services", "mailer_worker", 40, values=values),
        _edge(root, values, gateways),
    ]


BIND_OF: Mapping[str, str] = {
    "supabase": "SUPABASE_STANDIN_BIND",
    "mailgun": "MAILGUN_STANDIN_BIND",
    "ingest": "INGEST_BIND",
    "mailer": "MAILER_BIND",
}


def _python(
    name: str, group: str, module: str, stop_seconds: int, *, values: Mapping[str, str]
) -> Program:
    variable = BIND_OF[name]
    host, port = host_and_port(values[variable])
    return Program(
        name=name,
        group=group,
        command=(sys.executable, "-m", module),
        ready=f"http://{_reachable(host)}:{port}/ready",
        listens={variable: (host, port)},
        stop_seconds=stop_seconds,
    )


def _gateway(place: Place) -> Program:
    return Program(
        name=place.name,
        group="services",
        command=(sys.executable, "-m", "realtime_gateway"),
        ready=f"http://{_address(place.bind)}/ready",
        # It is the first one's variable that moves them all.
        listens={"GATEWAY_BIND": (place.host, place.port)},
        stop_seconds=20,
        alone={"GATEWAY_BIND": place.bind, "GATEWAY_NAME": place.name},
    )


def _broker(root: Path, values: Mapping[str, str], source: Source) -> Program:
    kind = "private" if source is Source.INSTALLED else "container"
    folder = root / ".run" / ("rabbitmq" if kind == "private" else "rabbitmq-container")
    return Program(
        name="rabbitmq",
        group="broker",
        command=(sys.executable, "-m", "devstack.broker"),
        ready=None,
        listens={"BROKER_PORT": ("127.0.0.1", int(values["BROKER_PORT"]))},
        stop_seconds=50,
        environment={"BROKER_KIND": kind, "BROKER_DATA_DIR": str(folder)},
    )


def _edge(root: Path, values: Mapping[str, str], gateways: Sequence[Place]) -> Program:
    host, port = values["EDGE_BIND"], int(values["EDGE_PORT"])
    caddy = Path(sys.executable).with_name("caddy")
    folder = root / ".run" / "caddy"
    return Program(
        name="edge",
        group="edge",
        command=(str(caddy), "run", "--config", str(root / "deploy" / "Caddyfile")),
        ready=f"http://{_reachable(host)}:{port}/health",
        listens={"EDGE_PORT": (host, port)},
        stop_seconds=15,
        environment={
            "EDGE_BIND": host,
            "EDGE_PORT": str(port),
            "INGEST_ADDRESS": _address(values["INGEST_BIND"]),
            "GATEWAY_ADDRESS": " ".join(_address(place.bind) for place in gateways),
            "DASHBOARD_ROOT": values.get("DASHBOARD_ROOT") or str(_pages(root)),
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_CONFIG_HOME": str(folder / "config"),
        },
    )


def _pages(root: Path) -> Path:
    built = root / "dashboard" / "dist"
    return built if (built / "index.html").exists() else root / "deploy" / "www"


def _address(bind: str) -> str:
    host, port = host_and_port(bind)
    return f"{_reachable(host)}:{port}"


def _reachable(host: str) -> str:
    """Return the host under which this machine reaches what listens there."""
    if host in {"0.0.0.0", "::"}:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
