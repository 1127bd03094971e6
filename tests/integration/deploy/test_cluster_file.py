"""What compose.cluster.yml makes of compose.production.yml, read from the files."""

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
from deploy.plans import CLUSTER, ONE, plan_of
from mailer_worker.settings import MailerSettings

FOLDER = Path(__file__).parents[3] / "deploy"
ONE_NODE: dict[str, Any] = yaml.safe_load(ONE.files[0].read_text())
OVER: dict[str, Any] = yaml.safe_load(CLUSTER.files[1].read_text())
SERVICES: dict[str, dict[str, Any]] = OVER["services"]
FIRST, *OTHERS = CLUSTER.brokers
NEW = SERVICES.keys() - ONE_NODE["services"].keys()
#: A server of 4 GB keeps some for itself.
MEMORY = 3_500
CONFIGURATION = (FOLDER / "rabbitmq" / "cluster.conf").read_text()


def at(name: str) -> dict[str, Any]:
    """Return a service as both files together have it, where that is plain to see."""
    base = SERVICES.get(name, {}).get("extends", {}).get("service", name)
    return {**ONE_NODE["services"].get(base, {}), **SERVICES.get(name, {})}


def test_commands_know_every_service_and_every_volume() -> None:
    assert set(CLUSTER.writers) - set(ONE.writers) == NEW
    assert OVER["volumes"].keys() <= {*KEPT, *REBUILT}
    assert set(CLUSTER.marks) == OVER["volumes"].keys() & set(KEPT)
    for name in OVER["volumes"]:
        assert f"{name}:/keep/{name}" in SERVICES["keeper"]["volumes"]


def test_three_nodes_in_the_secrets_are_what_makes_the_commands_take_both_files() -> (
    None
):
    assert plan_of(CLUSTER.brokers) is CLUSTER
    assert plan_of(ONE.brokers) is ONE
    assert CLUSTER.files[0] == ONE.files[0]


def test_nodes_are_known_to_each_other_by_their_hosts_names() -> None:
    named = re.findall(r"nodes\.\d = rabbit@(\S+)", CONFIGURATION)

    assert tuple(named) == CLUSTER.brokers
    for name in OTHERS:
        assert SERVICES[name]["hostname"] == name
    assert ONE_NODE["services"][FIRST]["hostname"] == FIRST
    assert "cluster_partition_handling = pause_minority" in CONFIGURATION
    assert f"first={FIRST}\n" in (FOLDER / "rabbitmq" / "start.sh").read_text()
    assert f'"$HOSTNAME" = {FIRST} ]' in (FOLDER / "rabbitmq" / "ready.sh").read_text()


@pytest.mark.parametrize("name", CLUSTER.brokers)
def test_node_is_guarded_as_the_single_one_and_has_a_volume_of_its_own(
    name: str,
) -> None:
    node, single = at(name), ONE_NODE["services"][FIRST]

    for key in (
        *("image", "restart", "read_only", "tmpfs", "cap_drop", "security_opt", "user"),
        *("group_add", "logging", "mem_limit", "pids_limit", "cpus"),
        *("stop_grace_period",),
    ):
        assert node[key] == single[key], key
    assert f"{name}:/var/lib/rabbitmq" in node["volumes"]
    assert node["environment"]["CLUSTER_NODES"] == str(len(CLUSTER.brokers))
    assert node["environment"]["RABBITMQ_CONFIG_FILES"] == "/melotech/cluster.conf"
    assert node["entrypoint"] == ["sh", "/melotech/start.sh"]
    assert keys.COOKIE in node["secrets"]


@pytest.mark.parametrize("name", OTHERS)
def test_further_node_waits_for_the_first_to_begin_and_not_for_its_health(
    name: str,
) -> None:
    # The first is healthy once all are in.
    assert SERVICES[name]["depends_on"] == {FIRST: {"condition": "service_started"}}
    assert SERVICES[name]["healthcheck"]["test"] == ["CMD", "sh", "/melotech/ready.sh"]
    assert "ports" not in SERVICES[name]


def test_topology_waits_for_all_nodes_and_reaches_each_of_them() -> None:
    script = (FOLDER / "rabbitmq" / "ready.sh").read_text()

    awaited = script.index("await_online_nodes")
    loaded = script.index("import_definitions")
    assert awaited < loaded < script.index("grow")
    assert "add_replica changes.log" in script


@pytest.mark.parametrize("name", ["mailer_worker", "mailer_worker_2", "operator"])
def test_mailers_share_a_ledger_on_a_network_of_theirs(name: str) -> None:
    mailer = at(name)

    variables = mailer["environment"]
    assert variables == {"MAILER_DATABASE_URL_FILE": "/run/secrets/mailer_database_url"}
    assert "mailer_database_url" in MailerSettings.model_fields
    assert mailer["secrets"] == ["mailer_database_url"]
    assert mailer["networks"] == SERVICES["postgres"]["networks"] == ["ledger"]
    assert OVER["networks"] == {"ledger": {"internal": True}}


def test_each_gateway_has_a_change_log_of_its_own() -> None:
    gateways = [name for name in CLUSTER.rolling if name.startswith("gateway")]

    volumes = [each for name in gateways for each in at(name)["volumes"]]

    assert len(gateways) == len(set(volumes)) == 3
    assert "gateway_3" in SERVICES["edge"]["depends_on"]


def test_database_is_guarded_bounded_and_no_root() -> None:
    database = SERVICES["postgres"]

    assert database["read_only"] is True
    assert database["cap_drop"] == ["ALL"]
    assert database["security_opt"] == ["no-new-privileges:true"]
    assert database["user"] == "postgres"
    assert database["logging"]["options"].keys() == {"max-size", "max-file"}
    assert re.fullmatch(r"postgres:\d+-alpine", database["image"])
    assert "ports" not in database
    variables = database["environment"]
    assert variables["POSTGRES_PASSWORD_FILE"] == f"/run/secrets/{keys.LEDGER_PASSWORD}"


def test_every_secret_is_one_that_the_command_makes(tmp_path: Path) -> None:
    given = {name.upper(): "given" for name in keys.ISSUED}

    keys.complete(tmp_path, given, lambda *_: "", nodes=CLUSTER.brokers)

    for name, secret in OVER["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
        assert (tmp_path / name).read_text()
    used = {
        each for service in SERVICES.values() for each in service.get("secrets", ())
    }
    assert used - ONE_NODE["secrets"].keys() == OVER["secrets"].keys()


def test_limits_together_fit_a_server_of_four_gigabytes() -> None:
    limits = {n: int(at(n)["mem_limit"].rstrip("m")) for n in CLUSTER.writers}

    assert sum(limits.values()) <= MEMORY


def test_prometheus_asks_the_same_as_on_one_node_and_the_further_services() -> None:
    def asked(name: str) -> dict[str, set[str]]:
        file = yaml.safe_load((FOLDER / "prometheus" / name).read_text())
        return {
            job["job_name"]: {
                target
                for each in job.get("static_configs", ())
                for target in each["targets"]
            }
            for job in file["scrape_configs"]
        }

    one, cluster = asked("production.yml"), asked("cluster.yml")

    assert one.keys() == cluster.keys()
    further = {t.partition(":")[0] for job in one for t in cluster[job] - one[job]}
    assert further == NEW - {"postgres"}
    assert all(one[job] <= cluster[job] for job in one)
    words = SERVICES["prometheus"]["command"]
    before = ONE_NODE["services"]["prometheus"]["command"]
    assert set(words) - set(before) == {"--config.file=/etc/prometheus/cluster.yml"}


def test_compose_accepts_both_files_together() -> None:
    if shutil.which("docker") is None:
        pytest.skip("no docker compose here: install the Docker CLI with its plugin")
    files = [word for file in CLUSTER.files for word in ("-f", str(file))]
    environment = ["--env-file", str(FOLDER / ".env.example")]
    done = subprocess.run(
        ["docker", "compose", *environment, *files, "config", "--quiet"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "is not a docker command" in done.stderr:
        pytest.skip("no docker compose here: install the Docker CLI with its plugin")

    assert done.stderr == ""
