"""What compose.production.yml promises, read from the file."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy import keys
from deploy.archive.__main__ import KEPT, REBUILT
from deploy.plans import CLUSTER, ONE
from deploy.updating import WATCHING
from deploy.users import USERS
from ingest_service.outbox_relay.settings import RelaySettings
from ingest_service.settings import IngestSettings
from mailer_worker.settings import MailerSettings
from realtime_gateway.settings import GatewaySettings

FOLDER = Path(__file__).parents[3] / "deploy"
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
    return {k: str(v) for k, v in service.get("environment", {}).items()}


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


@every_service
def test_every_secret_is_read_from_a_file_that_the_service_has(name: str) -> None:
    service = SERVICES[name]
    mounted = {f"/run/secrets/{secret}" for secret in service.get("secrets", ())}

    for variable, value in variables(service).items():
        if variable.endswith(("SECRET", "_KEY", "PASSWORD", "RABBITMQ_URL")):
            pytest.fail(f"{variable} is no file")
        if variable.endswith("_FILE") and value.startswith("/run/"):
            assert value in mounted, variable


@every_service
def test_service_has_no_secret_that_it_does_not_use(name: str) -> None:
    service = SERVICES[name]
    used = " ".join(variables(service).values()) + " ".join(
        f"{variable.removesuffix('_FILE').lower()}" for variable in variables(service)
    )

    for secret in service.get("secrets", ()):
        assert secret in used + BROKERS_FILES, secret


def test_every_secret_is_one_that_the_command_makes() -> None:
    made = {*keys.OURS, *keys.ISSUED, *keys.OPTIONAL, keys.DEFINITIONS, keys.TOPOLOGY}
    made |= {f"rabbitmq_url_{user.name}" for user in USERS}

    elsewhere = {"rabbitmq_url_monitor", "mailer_database_url"}
    assert COMPOSE["secrets"].keys() == made - elsewhere
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}


def test_each_service_is_its_own_user_of_the_broker() -> None:
    users = {
        name: variables(each)["RABBITMQ_URL_FILE"].removeprefix("/run/secrets/")
        for name, each in SERVICES.items()
        if "RABBITMQ_URL_FILE" in variables(each)
    }

    assert users == {
        "ingest_1": "rabbitmq_url_ingest",
        "ingest_2": "rabbitmq_url_ingest",
        "gateway_1": "rabbitmq_url_gateway",
        "gateway_2": "rabbitmq_url_gateway",
        "mailer_worker": "rabbitmq_url_mailer",
        "operator": "rabbitmq_url_operator",
        "outbox_relay": "rabbitmq_url_relay",
    }


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_variable_is_one_that_the_service_reads(name: str) -> None:
    known = {field.upper() for field in SETTINGS[name].model_fields}
    given = {v.removesuffix("_FILE") for v in variables(SERVICES[name])}

    assert given <= known


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_required_setting_is_given(name: str) -> None:
    fields = SETTINGS[name].model_fields.items()
    required = {field.upper() for field, info in fields if info.is_required()}
    image = {"GATEWAY_DATA_DIR"}  # its Dockerfile says where
    given = {v.removesuffix("_FILE") for v in variables(SERVICES[name])}

    assert required - image <= given


def test_example_explains_every_variable_of_the_file_and_no_other() -> None:
    file = (FOLDER / "compose.production.yml").read_text()
    example = (FOLDER / ".env.example").read_text()

    asked = set(re.findall(r"\$\{([A-Z_]+)", file))
    told = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))

    assert told - {"COMPOSE_PROFILES"} == asked


def test_commands_know_every_service_and_every_volume() -> None:
    assert set(ONE.writers) == SERVICES.keys() - TOOLS - METRICS
    assert set(WATCHING) == METRICS
    kept = COMPOSE["volumes"].keys() - METRICS
    assert kept <= {*KEPT, *REBUILT}
    assert not kept & set(CLUSTER.marks)
    for name in kept:
        assert f"{name}:/keep/{name}" in SERVICES["keeper"]["volumes"]


def test_metrics_run_where_asked_for_as_they_do_locally() -> None:
    for name in METRICS:
        ours, local = SERVICES[name], LOCAL[name]
        assert ours["profiles"] == ["metrics"]
        assert variables(ours) == variables(local)
        assert ours["user"] == local["user"]
    words, local_words = (each["prometheus"]["command"] for each in (SERVICES, LOCAL))
    assert set(words) - set(local_words) == {
        "--config.file=/etc/prometheus/production.yml"
    }
    assert SERVICES["grafana"]["networks"] == ["metrics"]


@pytest.mark.parametrize("name", sorted(METRICS))
def test_files_of_metrics_are_there_and_cannot_be_written(name: str) -> None:
    mounted = [v.split(":") for v in SERVICES[name]["volumes"] if v.startswith("./")]

    assert mounted
    for path, _, mode in mounted:
        assert (FOLDER / path).is_dir()
        assert mode == "ro"


def test_prometheus_asks_every_service_that_has_metrics_on_a_network_of_its_own() -> (
    None
):
    asked: dict[str, set[str]] = {}
    for job in SCRAPED["scrape_configs"]:
        named = [t for each in job.get("static_configs", ()) for t in each["targets"]]
        for found in job.get("dns_sd_configs", ()):
            named += [f"{name}:{found['port']}" for name in found["names"]]
        asked.setdefault(job["job_name"], set()).update(named)

    assert asked == {
        "ingest": {"ingest_1:8001", "ingest_2:8001"},
        "gateway": {"gateway_1:8002", "gateway_2:8002"},
        "mailer": {"mailer_worker:8003"},
        "relay": {"outbox_relay:8005"},
        "rabbitmq": {"rabbitmq:15692"},
        "rabbitmq-queues": {"rabbitmq:15692"},
    }
    assert SCRAPED["rule_files"] == ["alerts.yml"]
    for target in set().union(*asked.values()):
        name, _, port = target.partition(":")
        assert set(SERVICES[name]["networks"]) & set(SERVICES["prometheus"]["networks"])
        if name != "rabbitmq":
            assert f":{port}/ready" in str(SERVICES[name]["healthcheck"]["test"])


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
