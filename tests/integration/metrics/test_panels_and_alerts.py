"""Each metric of each panel and alert is one that the running services tell."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from devstack.broker.node import server_program
from devstack.broker.private import PrivateBroker
from devstack.free_port import free_port
from shared.topology import CHANGE_LOG_STREAM, TOPOLOGY
from tests.plugins.broker import unavailable
from tests.plugins.outbox import Outbox, start_relay
from tests.plugins.promql import OWN_LABELS, OWN_METRICS, grouped_by, selectors
from tests.plugins.scrape import Scrape
from tests.plugins.services import (
    ROOT,
    start_gateway,
    start_ingest,
    start_mailer,
    start_mailgun,
    start_supabase,
    until,
)
from tests.plugins.sockets import signed_change

DEPLOY = ROOT / "deploy"
CONFIG = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
RULES = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/melotech.json").read_text())

ALERTS = {rule["alert"]: rule["expr"] for group in RULES for rule in group["rules"]}
PANELS = {
    f"{panel['id']} {panel['title']}": " \n".join(
        target["expr"] for target in panel["targets"]
    )
    for panel in DASHBOARD["panels"]
    if panel["type"] != "row"
}
EXPRESSIONS = ALERTS | PANELS
#: Queues with a leader; the stream has none of this kind.
QUEUES = {each.name for each in TOPOLOGY.queues} - {CHANGE_LOG_STREAM}
#: The variables of the dashboard as what Grafana puts in their places.
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*"}


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    if server_program() is None:
        unavailable()
    made = PrivateBroker(tmp_path_factory.mktemp("broker"), metrics_port=free_port())
    made.start()
    yield made
    made.kill()


@pytest.fixture(scope="module")
def told(broker, start_for_module, postgres, tmp_path_factory):
    """All label sets that were told of each metric, by the metric's name."""
    start, folder = start_for_module, tmp_path_factory.mktemp("data")
    supabase, mailgun = start_supabase(start, folder), start_mailgun(start, folder)
    ingest = start_ingest(start, broker.url)
    gateway = start_gateway(start, broker.url, supabase.url, folder / "gateway")
    _let_it_keep_a_change(gateway, ingest)
    services = [
        ingest,
        gateway,
        start_mailer(start, broker.url, supabase.url, mailgun.url),
        start_relay(start, broker.url, Outbox(postgres)),
    ]
    detailed = next(
        job for job in CONFIG["scrape_configs"] if job["job_name"] == "rabbitmq-queues"
    )
    at_broker = f"http://127.0.0.1:{broker.plan.metrics_port}"
    addresses = [f"{service.url}/metrics" for service in services]
    addresses.append(f"{at_broker}/metrics")

    def seen():
        found = _samples(*(requests.get(url, timeout=10) for url in addresses))
        by_queue = f"{at_broker}{detailed['metrics_path']}"
        found |= _samples(requests.get(by_queue, params=detailed["params"], timeout=10))
        # Some is only told once it has been looked at.
        awaited = {
            "melotech_gateway_changelog_oldest_age_seconds",
            "melotech_gateway_stream_lag_events",
            "melotech_gateway_mailer_backlog",
            "melotech_relay_waiting_events",
        }
        complete = awaited <= set(found) and all(
            # The broker tells of one queue sooner than of another.
            {each.get("queue") for each in found.get(name, [])} >= QUEUES
            for name in (
                "rabbitmq_detailed_queue_messages",
                "rabbitmq_detailed_raft_term_total",
            )
        )
        return SimpleNamespace(metrics=found) if complete else None

    return until(seen, timeout=60).metrics


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_every_metric_is_told_with_the_labels_that_are_asked_for(told, name):
    expression = EXPRESSIONS[name]
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    asked = list(selectors(expression))
    assert asked

    labels: set[str] = set(OWN_LABELS)
    for each in asked:
        if each.metric in OWN_METRICS:
            continue
        assert each.metric in told, f"nobody tells {each.metric}"
        known = told[each.metric]
        labels |= {label for sample in known for label in sample}
        for matcher in each.matchers:
            if matcher.label in OWN_LABELS:
                continue
            values = {sample.get(matcher.label) for sample in known} - {None}
            assert values, f"{each.metric} has no label {matcher.label}"
            if matcher.operator in {"=", "=~"}:
                assert all(
                    any(re.fullmatch(part, value) for value in values)
                    for part in matcher.value.split("|")
                ), f"{each.metric}: {matcher}, and there are {values}"
    assert grouped_by(expression) <= labels


def test_every_metric_of_ours_is_in_the_documentation(told):
    text = (ROOT / "docs" / "operations.md").read_text()
    ours = {name for name in told if name.startswith("melotech_")}
    plain = {re.sub(r"_(bucket|count|sum)$", "", name) for name in ours}

    missing = {name for name in plain if name not in text}
    # `melotech_x_events`, `_bytes`: a row's first name in full, the others' ends.
    ends = set(re.findall(r"`(_\w+)`", text))
    assert {name for name in missing if not any(map(name.endswith, ends))} == set()


def _let_it_keep_a_change(gateway, ingest):
    signed_change(ingest)
    name = "melotech_gateway_events_total"
    until(lambda: Scrape(gateway).value(name, type="submission.status-changed"))
    # At its start it looks at what it has kept.
    gateway.stop()
    gateway.start()


def _samples(*answers):
    found = {}
    for answer in answers:
        assert answer.status_code == 200, answer.text
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append(sample.labels)
    return found
