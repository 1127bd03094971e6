"""The rules, the dashboard and the runbooks: well-formed, and of one mind."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.plugins.documents import anchors

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
ALERTS_FILE = DEPLOY / "prometheus" / "alerts.yml"
RULES = [
    rule
    for group in yaml.safe_load(ALERTS_FILE.read_text())["groups"]
    for rule in group["rules"]
]
PROMETHEUS = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
SOURCES = yaml.safe_load(
    (DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text()
)["datasources"]
DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/melotech.json").read_text())
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

PANEL_TYPES = {"row", "stat", "timeseries", "table", "state-timeline", "heatmap"}
ROWS = [
    "At a glance",
    "Webhooks",
    "Fan-out",
    "Mails",
    "End to end",
    "Broker",
    "Processes",
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_is_noticed_how_bad_it_is_and_what_to_do(rule):
    summary, runbook = rule["annotations"]["summary"], rule["annotations"]["runbook"]

    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert re.fullmatch(r"\d+[smh]", rule["for"])
    assert 20 < len(summary) < 160
    assert runbook == f"docs/alerts.md#{rule['alert'].lower()}"


def test_every_alert_has_its_runbook_and_every_runbook_its_alert():
    named = {rule["alert"].lower() for rule in RULES}
    text = (ROOT / "docs" / "alerts.md").read_text()
    described = re.findall(r"^### (\w+)$", text, re.MULTILINE)

    assert len(named) == len(RULES)
    assert {name.lower() for name in described} == named
    assert named <= anchors("docs/alerts.md")


def test_services_are_asked_by_the_names_and_at_the_ports_of_the_compose_file():
    asked = {}
    for job in PROMETHEUS["scrape_configs"]:
        for found in job.get("dns_sd_configs", []):
            asked |= dict.fromkeys(found["names"], found["port"])
        for static in job.get("static_configs", []):
            for target in static["targets"]:
                name, _, port = target.partition(":")
                asked[name] = int(port)

    assert asked.pop("rabbitmq") == 15692
    for name, port in asked.items():
        assert f":{port}/ready" in str(COMPOSE[name]["healthcheck"]["test"])
    lasting = {"ingest_service", "realtime_gateway", "mailer_worker", "outbox_relay"}
    assert set(asked) == lasting


def test_dashboard_has_its_rows_and_no_panel_twice():
    panels = DASHBOARD["panels"]
    ids = [panel["id"] for panel in panels]

    assert [p["title"] for p in panels if p["type"] == "row"] == ROWS
    assert len(ids) == len(set(ids))
    assert {panel["type"] for panel in panels} <= PANEL_TYPES
    assert DASHBOARD["uid"] == "melotech"


def test_panels_lie_beside_each_other_and_on_none():
    taken = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {
            (at["x"] + dx, at["y"] + dy)
            for dx in range(at["w"])
            for dy in range(at["h"])
        }
        assert at["x"] + at["w"] <= 24
        assert not taken & cells, panel["title"]
        taken |= cells


def test_everything_is_asked_of_the_source_that_is_provided():
    source = {"type": "prometheus", "uid": SOURCES[0]["uid"]}
    uses = _values_of(DASHBOARD, "datasource")

    assert SOURCES[0]["url"] == "http://prometheus:9090"
    assert uses
    assert [use for use in uses if use != source] == []


def test_every_panel_says_what_it_shows_in_a_readable_unit():
    for panel in DASHBOARD["panels"]:
        if panel["type"] == "row":
            continue
        assert panel["description"], panel["title"]
        assert panel["targets"], panel["title"]
        expressions = " ".join(target["expr"] for target in panel["targets"])
        unit = str(_values_of(panel, "unit"))
        if panel["type"] in {"stat", "timeseries"}:
            assert ("_seconds" in expressions and "cpu" not in expressions) == (
                unit == "['s']"
            ), panel["title"]
            assert ("_bytes" in expressions) == (
                unit in {"['bytes']", "['percentunit']"}
            ), panel["title"]


def test_instance_can_be_chosen_and_the_services_panels_heed_it():
    (variable,) = DASHBOARD["templating"]["list"]
    heeding = json.dumps(DASHBOARD).count("$instance")

    assert variable["name"] == "instance"
    assert (variable["multi"], variable["includeAll"]) == (True, True)
    assert heeding > 30


def test_prometheus_itself_takes_the_rules():
    promtool = shutil.which("promtool")
    if promtool is None:
        reason = "no promtool here: apt-get install prometheus"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    for words in (
        ("check", "config", str(DEPLOY / "prometheus" / "prometheus.yml")),
        ("check", "config", str(DEPLOY / "prometheus" / "production.yml")),
        ("check", "config", str(DEPLOY / "prometheus" / "cluster.yml")),
        ("test", "rules", str(ROOT / "tests" / "samples" / "alerts.test.yml")),
    ):
        done = subprocess.run(
            [promtool, *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _values_of(part, name):
    """Return what stands under `name` anywhere in a document."""
    if isinstance(part, dict):
        found = [part[name]] if name in part else []
        return found + _values_of(list(part.values()), name)
    if isinstance(part, list):
        return [value for each in part for value in _values_of(each, name)]
    return []
