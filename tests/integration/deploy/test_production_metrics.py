"""How compose.production.yml runs Prometheus and Grafana."""

from __future__ import annotations

import pytest

from tests.plugins.production import (
    FOLDER,
    LOCAL,
    METRICS,
    SCRAPED,
    SERVICES,
    variables,
)


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
