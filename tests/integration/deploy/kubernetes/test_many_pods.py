"""How many there are, what may be missing of them, and who reaches whom."""

from __future__ import annotations

from urllib.parse import urlsplit

import yaml

from tests.plugins.kustomized import Thing
from tests.plugins.manifests import (
    FOLDER,
    PORTS,
    ROOT,
    SETTINGS,
    of_kind,
    pods,
    variables,
)


def test_metrics_to_scale_by_are_told_by_the_services(production: list[Thing]) -> None:
    told = (ROOT / "docs" / "operations.md").read_text()
    adapter = yaml.safe_load(
        (FOLDER / "components" / "metrics" / "adapter.yaml").read_text()
    )["rules"]
    custom, external = (
        {rule["name"]["as"]: rule["seriesQuery"] for rule in adapter[kind]}
        for kind in ("custom", "external")
    )
    asked: dict[str, set[str]] = {"Pods": set(), "External": set()}
    for each in of_kind(production, "HorizontalPodAutoscaler").values():
        for metric in each["spec"]["metrics"]:
            if metric["type"] in asked:
                name = metric[metric["type"].lower()]["metric"]["name"]
                asked[metric["type"]].add(name)

    assert asked == {"Pods": custom.keys(), "External": external.keys()}
    for query in (*custom.values(), *external.values()):
        series = query.partition("{")[0]
        mailers = series.removeprefix("melotech_gateway_mailer")
        assert f"`{series}`" in told or f"`{mailers}`" in told, series


def test_autoscalers_shed_one_pod_at_a_time_and_not_in_a_storm(
    production: list[Thing],
) -> None:
    for name, each in of_kind(production, "HorizontalPodAutoscaler").items():
        down = each["spec"]["behavior"]["scaleDown"]
        assert [policy["value"] for policy in down["policies"]] == [1]
        assert down["stabilizationWindowSeconds"] >= 600
        if name in {"gateway", "edge"}:
            assert down["stabilizationWindowSeconds"] >= 1800
        assert each["spec"]["minReplicas"] >= 2


def test_everything_that_scales_has_a_budget_and_is_spread(
    production: list[Thing],
) -> None:
    budgets = of_kind(production, "PodDisruptionBudget")
    scaled = of_kind(production, "HorizontalPodAutoscaler").keys() | {"rabbitmq"}

    assert budgets.keys() == scaled | {"relay"}
    for name in budgets.keys() - {"rabbitmq"}:
        (spread,) = pods(production)[name]["spec"]["topologySpreadConstraints"]
        wanted = spread["labelSelector"]["matchLabels"]
        assert wanted == pods(production)[name]["metadata"]["labels"]


def test_pod_that_never_gets_ready_holds_no_machine_unless_it_has_what_is_lost(
    production: list[Thing],
) -> None:
    for name, each in of_kind(production, "PodDisruptionBudget").items():
        always = each["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow"

        assert always == (name in {"edge", "mailer", "relay"}), name


def test_certificates_issuer_reaches_the_pod_that_answers_for_us(
    production: list[Thing],
) -> None:
    spec = of_kind(production, "NetworkPolicy")["certificates"]["spec"]

    label = {"acme.cert-manager.io/http01-solver": "true"}
    assert spec["podSelector"]["matchLabels"] == label
    assert spec["ingress"] == [{"ports": [{"protocol": "TCP", "port": 8089}]}]


def test_nobody_is_reached_but_by_who_needs_it(production: list[Thing]) -> None:
    policies = of_kind(production, "NetworkPolicy")

    assert policies["nothing-else"]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }
    assert policies.keys() >= pods(production).keys() - {"operator"}
    (amqp, *_) = policies["rabbitmq"]["spec"]["ingress"]
    (who,) = amqp["from"]
    (values,) = who["podSelector"]["matchExpressions"]
    assert set(values["values"]) == SETTINGS.keys()
    for name in SETTINGS.keys() - {"operator"}:
        ports = [
            port["port"]
            for rule in policies[name]["spec"]["ingress"]
            for port in rule["ports"]
        ]
        assert ports == [PORTS[name]], name


def test_ingress_leads_to_the_edge_by_the_name_that_the_site_gives(
    things: list[Thing],
) -> None:
    spec = of_kind(things, "Ingress")["edge"]["spec"]
    (rule,) = spec["rules"]
    (path,) = rule["http"]["paths"]

    assert path["backend"]["service"] == {"name": "edge", "port": {"name": "http"}}
    assert spec["tls"][0]["hosts"] == [rule["host"]]
    public = urlsplit(variables(things, "mailer")["PUBLIC_URL"])
    assert public.hostname == rule["host"]
