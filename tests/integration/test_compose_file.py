"""What docker-compose.yml and the Dockerfiles promise, read from the files."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
#: They run once and end.
ONCE = {"credentials", "tools"}
LASTING = sorted(set(SERVICES) - ONCE)
DOCKERFILES = {
    "ingest_service": "ingest",
    "realtime_gateway": "gateway",
    "mailer_worker": "mailer",
    "devstack": "devstack",
}
SECRETS = ("SECRET", "_KEY", "PASSWORD")


@pytest.mark.parametrize("name", LASTING)
def test_every_service_comes_back_and_tells_its_health(name: str) -> None:
    service = SERVICES[name]

    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert "stop_grace_period" in service


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_runs_as_root_or_can_gain_rights(name: str) -> None:
    service = SERVICES[name]

    assert str(service["user"]).split(":")[0] not in {"", "0", "root"}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_image_is_pinned_by_a_version(name: str) -> None:
    _, _, tag = SERVICES[name]["image"].partition(":")

    assert re.match(r"v?\d+\.\d+", tag), f"{name} has the tag {tag!r}"


def test_only_the_edge_can_be_published_beyond_this_machine() -> None:
    ports = {name: each["ports"] for name, each in SERVICES.items() if "ports" in each}

    assert ports.pop("edge") == ["${EDGE_BIND:-127.0.0.1}:${EDGE_PORT:-8000}:8000"]
    assert ports == {
        "rabbitmq": ["127.0.0.1:15672:15672"],
        "supabase": ["127.0.0.1:8004:8004"],
        "mailgun": ["127.0.0.1:8025:8025"],
        "prometheus": ["127.0.0.1:9090:9090"],
        "grafana": ["127.0.0.1:3000:3000"],
    }


def test_mailer_keeps_its_ledger_and_shares_the_secret_of_its_links() -> None:
    mailer, ingest = SERVICES["mailer_worker"], SERVICES["ingest_service"]
    name = "UNSUBSCRIBE_SECRET_FILE"

    assert "mailer:/data" in mailer["volumes"]
    assert mailer["environment"][name] == ingest["environment"][name]
    assert mailer["environment"]["PUBLIC_URL"].startswith("${PUBLIC_URL:-http")


def test_broker_is_healthy_when_its_listeners_are_open() -> None:
    test = SERVICES["rabbitmq"]["healthcheck"]["test"]

    assert test[1:] == ["rabbitmq-diagnostics", "-q", "check_port_connectivity"]


def test_services_wait_for_a_healthy_broker_and_the_edge_for_them() -> None:
    for name in ("ingest_service", "realtime_gateway", "mailer_worker"):
        needs = SERVICES[name]["depends_on"]
        assert needs["rabbitmq"] == {"condition": "service_healthy"}
        assert needs["credentials"]["condition"] == "service_completed_successfully"
    edge = SERVICES["edge"]["depends_on"]
    assert edge.pop("credentials")["condition"] == "service_completed_successfully"
    assert {each["condition"] for each in edge.values()} == {"service_healthy"}


def test_browser_is_told_where_supabase_is_and_its_key_by_the_edge() -> None:
    edge, supabase = SERVICES["edge"], SERVICES["supabase"]
    key = "VITE_SUPABASE_ANON_KEY_FILE"

    assert edge["environment"][key] == supabase["environment"][key]
    assert "credentials:/credentials:ro" in edge["volumes"]
    told = edge["environment"]["VITE_SUPABASE_URL"]
    assert told == "${VITE_SUPABASE_URL:-${SUPABASE_URL:-http://localhost:8004}}"
    assert "127.0.0.1:8004:8004" in supabase["ports"]


def test_image_of_the_edge_builds_the_dashboard_from_its_lock() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text()

    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == [
        "node:22-slim",
        "caddy:2-alpine",
    ]
    assert "npm ci --ignore-scripts" in text
    assert "COPY --from=dashboard /dashboard/dist /srv" in text
    assert re.search(r"^USER 10001", text, re.MULTILINE)


def test_brokers_data_is_found_again_by_a_fixed_host_name() -> None:
    assert SERVICES["rabbitmq"]["hostname"] == "rabbitmq"


def test_data_is_in_named_volumes() -> None:
    mounted = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service["volumes"]
        if not volume.startswith("./")
    }

    assert mounted == set(COMPOSE["volumes"])


def test_files_of_this_folder_are_there_and_cannot_be_written() -> None:
    files = [
        volume.split(":")
        for service in SERVICES.values()
        for volume in service["volumes"]
        if volume.startswith("./")
    ]

    assert {mode for _, _, mode in files} == {"ro"}
    assert all((ROOT / path).is_dir() for path, _, _ in files)


def test_metrics_are_kept_for_a_time_and_up_to_a_size() -> None:
    words = SERVICES["prometheus"]["command"]
    kept = [word for word in words if word.startswith("--storage.tsdb.retention")]

    assert kept == [
        "--storage.tsdb.retention.time=15d",
        "--storage.tsdb.retention.size=2GB",
    ]
    # Grafana has nobody to sign in, and so no password.
    grafana = SERVICES["grafana"]["environment"]
    assert grafana["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert grafana["GF_AUTH_ANONYMOUS_ENABLED"] == "true"


def test_no_secret_has_a_default() -> None:
    for name, service in SERVICES.items():
        for variable, value in service["environment"].items():
            if variable.endswith(SECRETS):
                inner = variable.replace("MELOTECH_", "RABBITMQ_")
                assert value == f"${{{inner}:-}}", f"{name}: {variable}"


@pytest.mark.parametrize(("folder", "lock"), DOCKERFILES.items())
def test_image_holds_its_own_lock_and_code_and_runs_as_nobody_special(
    folder: str, lock: str
) -> None:
    text = (ROOT / folder / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(\S+)", text, re.MULTILINE)

    assert set(copied) <= {
        f"locks/{lock}.txt",
        "shared",
        folder,
        "realtime_gateway",
        "mailer_worker",
    }
    assert "--require-hashes" in text
    assert "--no-cache-dir" in text
    assert re.search(r"^USER 10001", text, re.MULTILINE)
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert set(bases) == {"python:3.14-slim"}


@pytest.mark.parametrize("folder", [*DOCKERFILES, "deploy"])
def test_image_is_stripped_of_what_its_service_does_not_need(folder: str) -> None:
    last = (ROOT / folder / "Dockerfile").read_text().rpartition("\nFROM ")[2]

    stripped, user = last.index("sh /strip.sh"), last.index("\nUSER ")
    assert "source=devstack/images/strip.sh" in last
    assert stripped < user
    # Nothing that is installed later escapes it.
    assert not re.search(r"\b(?:apt-get|apk|pip|npm) ", last[stripped:])


def test_build_context_leaves_out_secrets_and_data() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()

    assert "*" in lines
    assert not [line for line in lines if line.startswith(("!.env", "!.run", "!."))]
    # The later line wins.
    for made in ("node_modules", "dist", "dist-realtime"):
        assert lines.index(f"dashboard/{made}") > lines.index("!dashboard")


def test_compose_accepts_the_file_in_a_fresh_clone() -> None:
    if shutil.which("docker") is None or not _compose("version").startswith("Docker"):
        pytest.skip("no docker compose here: install the Docker CLI with its plugin")

    assert _compose("config", "--quiet") == ""


def _compose(*words: str) -> str:
    # Its own file of variables: a .env that lies here must not help.
    done = subprocess.run(
        ["docker", "compose", "--env-file", "/dev/null", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + (done.stderr if done.returncode else "")
