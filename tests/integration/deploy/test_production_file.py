"""What compose.production.yml promises, read from the file."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from deploy import keys
from deploy.archive.__main__ import KEPT, REBUILT
from deploy.plans import CLUSTER, ONE
from deploy.updating import WATCHING
from tests.plugins.production import (
    COMPOSE,
    FOLDER,
    LOCAL,
    MEMORY,
    METRICS,
    METRICS_MEMORY,
    SERVICES,
    TOOLS,
    every_service,
)


@every_service
def test_service_writes_to_its_volumes_alone_and_gains_no_rights(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert not [v for v in service.get("volumes", []) if "docker.sock" in v]


@every_service
def test_service_is_root_and_capable_only_where_it_must_be(name: str) -> None:
    service = SERVICES[name]

    # The archive has files of several users; the keeper is on no network.
    wanted = {
        "edge": ["NET_BIND_SERVICE"],
        "keeper": ["DAC_OVERRIDE", "CHOWN", "FOWNER"],
    }
    assert service.get("cap_add", []) == wanted.get(name, [])
    is_root = str(service["user"]).split(":")[0] in {"", "0", "root"}
    assert is_root is (name == "keeper")
    assert not is_root or service["network_mode"] == "none"


@every_service
def test_service_has_bounds_for_memory_processes_cpus_and_logs(name: str) -> None:
    service = SERVICES[name]

    assert re.fullmatch(r"\d+m", service["mem_limit"])
    assert service["pids_limit"] <= 512
    assert 0 < service["cpus"] <= 2
    if name == "keeper":
        # It would be a second copy of the archive.
        assert service["logging"] == {"driver": "none"}
    else:
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}


def test_broker_loads_users_at_its_start_and_the_topology_when_it_runs() -> None:
    broker = SERVICES["rabbitmq"]
    at_start = (FOLDER / "rabbitmq" / "rabbitmq.conf").read_text()

    assert f"load_definitions = /run/secrets/{keys.DEFINITIONS}\n" in at_start
    assert keys.TOPOLOGY not in at_start
    _, shell, script = broker["healthcheck"]["test"]
    assert (shell, script) == ("sh", "/melotech/ready.sh")
    assert "./rabbitmq:/melotech:ro" in broker["volumes"]
    assert (
        f" /run/secrets/{keys.TOPOLOGY}\n"
        in (FOLDER / "rabbitmq" / "ready.sh").read_text()
    )


def test_limits_together_fit_a_small_server() -> None:
    limits = {n: int(each["mem_limit"].rstrip("m")) for n, each in SERVICES.items()}
    metrics = sum(limits.pop(name) for name in METRICS)

    assert sum(limits[name] for name in limits.keys() - TOOLS) <= MEMORY
    assert metrics <= METRICS_MEMORY


@every_service
def test_image_is_pinned_by_a_version(name: str) -> None:
    image = SERVICES[name]["image"]

    others = {LOCAL[each]["image"] for each in ("rabbitmq", *METRICS)}
    assert image in others or re.fullmatch(
        r"melotech/[a-z]+:\$\{MELOTECH_VERSION:-\d+\.\d+\.\d+\}", image
    )


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - TOOLS))
def test_lasting_service_comes_back_and_tells_its_health(name: str) -> None:
    service = SERVICES[name]

    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert "stop_grace_period" in service


def test_only_the_edge_is_published_beyond_this_machine() -> None:
    ports = {name: each["ports"] for name, each in SERVICES.items() if "ports" in each}

    assert ports == {
        "edge": ["80:80", "443:443", "443:443/udp"],
        "rabbitmq": ["127.0.0.1:15672:15672"],
        "prometheus": ["127.0.0.1:9090:9090"],
        "grafana": ["127.0.0.1:3000:3000"],
    }


def test_networks_part_the_edge_from_the_broker_and_the_broker_from_the_world() -> None:
    on = {name: set(each.get("networks", ())) for name, each in SERVICES.items()}

    assert on["edge"] == {"public", "web"}
    assert on["rabbitmq"] == {"bus", "management"}
    assert [name for name, networks in on.items() if "public" in networks] == ["edge"]
    assert on["ingest_1"] == on["ingest_2"] == {"web", "bus"}
    for name in ("web", "bus"):
        assert COMPOSE["networks"][name] == {"internal": True}


def test_commands_know_every_service_and_every_volume() -> None:
    assert set(ONE.writers) == SERVICES.keys() - TOOLS - METRICS
    assert set(WATCHING) == METRICS
    kept = COMPOSE["volumes"].keys() - METRICS
    assert kept <= {*KEPT, *REBUILT}
    assert not kept & set(CLUSTER.marks)
    for name in kept:
        assert f"{name}:/keep/{name}" in SERVICES["keeper"]["volumes"]


def test_compose_refuses_to_start_without_what_must_be_set() -> None:
    assert "is missing a value: in deploy/.env" in _compose("/dev/null")


def test_compose_accepts_the_file_with_the_example() -> None:
    assert _compose(str(FOLDER / ".env.example")) == ""


def _compose(environment: str) -> str:
    if shutil.which("docker") is None:
        pytest.skip("no docker compose here: install the Docker CLI with its plugin")
    command = ["docker", "compose", "--env-file", environment, "-f"]
    done = subprocess.run(
        [*command, str(FOLDER / "compose.production.yml"), "config", "--quiet"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "is not a docker command" in done.stderr:
        pytest.skip("no docker compose here: install the Docker CLI with its plugin")
    return done.stderr
