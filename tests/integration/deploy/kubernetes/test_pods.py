"""How a pod is guarded, looked at, bounded, and let go."""

from __future__ import annotations

import re

from deploy import keys
from mailer_worker.service import DRAIN_DEADLINE, SETTLE_DEADLINE
from realtime_gateway.api.health import COUNTS_TIMEOUT
from realtime_gateway.drain import ANNOUNCEMENT
from realtime_gateway.outlet import CLOSE_DEADLINE
from tests.plugins.kustomized import Thing
from tests.plugins.manifests import PORTS, ROOT, container, of_kind, pods, variables


def test_pods_are_nobody_and_write_to_their_volumes_alone(things: list[Thing]) -> None:
    for name, pod in pods(things).items():
        spec, told = pod["spec"], container(pod)
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] == keys.SERVICES_ID
        assert spec["securityContext"]["fsGroup"] == keys.SERVICES_ID
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        bare = told["securityContext"]
        assert bare["allowPrivilegeEscalation"] is False
        assert bare["readOnlyRootFilesystem"] is True
        added = {"add": ["NET_BIND_SERVICE"]} if name == "edge" else {}
        assert bare["capabilities"] == {"drop": ["ALL"], **added}


def test_pods_have_bounds_for_memory_and_for_what_they_write(
    things: list[Thing],
) -> None:
    for name, pod in pods(things).items():
        told = container(pod)["resources"]
        assert "memory" in told["limits"], name
        assert told["requests"].keys() == {"cpu", "memory"}, name
        for volume in pod["spec"]["volumes"]:
            if "emptyDir" in volume:
                assert "sizeLimit" in volume["emptyDir"], (name, volume)


def test_what_a_service_may_keep_fits_its_disk(production: list[Thing]) -> None:
    limits = {
        name: next(
            volume["emptyDir"]["sizeLimit"]
            for volume in pods(production)[name]["spec"]["volumes"]
            if volume["name"] == "data"
        )
        for name in ("ingest", "gateway")
    }
    unit = {"Mi": 2**20, "Gi": 2**30}
    size = {n: int(v[:-2]) * unit[v[-2:]] for n, v in limits.items()}

    # A damaged spool takes twice its size more while it is mended.
    spool = int(variables(production, "ingest")["SPOOL_MAX_BYTES"])
    assert 3 * spool <= size["ingest"]
    assert 2 * int(variables(production, "gateway")["HISTORY_BYTES"]) <= size["gateway"]


def test_ports_are_those_that_the_images_listen_at(things: list[Thing]) -> None:
    for name in PORTS.keys() & pods(things).keys():
        (port,) = container(pods(things)[name])["ports"]
        assert port == {"name": "http", "containerPort": PORTS[name]}
        bind = variables(things, name).get("RELAY_BIND", f"0.0.0.0:{PORTS[name]}")
        assert bind == f"0.0.0.0:{PORTS[name]}"
    for name, file in (
        ("ingest", "ingest_service"),
        ("gateway", "realtime_gateway"),
        ("mailer", "mailer_worker"),
    ):
        image = (ROOT / file / "Dockerfile").read_text()
        assert f"_BIND=0.0.0.0:{PORTS[name]}" in image
    (ingest, gateways, edge) = (
        of_kind(things, "Service")[name]["spec"]
        for name in ("ingest", "gateways", "edge")
    )
    told = variables(things, "edge")
    assert told["INGEST_ADDRESS"] == f"ingest:{ingest['ports'][0]['port']}"
    assert told["GATEWAY_HOST"] == "gateways"
    # The edge looks the pods up themselves.
    assert gateways["clusterIP"] == "None"
    assert edge["ports"][0]["port"] == PORTS["edge"]


def test_service_lives_whatever_the_broker_does_and_is_ready_as_it_says(
    things: list[Thing],
) -> None:
    for name in PORTS.keys() & pods(things).keys():
        told = container(pods(things)[name])
        paths = {
            each: told[f"{each}Probe"]["httpGet"]["path"]
            for each in ("startup", "liveness", "readiness")
        }
        own = "/config.json" if name == "edge" else "/metrics"
        ready = own if name == "edge" else "/ready"
        assert paths == {"startup": own, "liveness": own, "readiness": ready}


def seconds_of_hook(told: Thing) -> int:
    command = told.get("lifecycle", {}).get("preStop", {}).get("exec", {})
    words = command.get("command", [])
    return sum(int(word) for word in re.findall(r"\b\d+\b", " ".join(words)))


def test_pod_is_given_the_time_that_its_hook_and_its_own_end_take(
    things: list[Thing],
) -> None:
    gateway_drain = float(variables(things, "gateway")["DRAIN_SECONDS"])
    ends = {
        # gunicorn's graceful_timeout.
        "ingest": 10.0,
        "gateway": ANNOUNCEMENT + gateway_drain + 2 * CLOSE_DEADLINE,
        "mailer": DRAIN_DEADLINE + SETTLE_DEADLINE,
        # Caddy's grace_period.
        "edge": 5.0,
    }
    for name, own in ends.items():
        pod = pods(things)[name]
        hook = seconds_of_hook(container(pod))
        assert pod["spec"]["terminationGracePeriodSeconds"] > hook + own + 5, name
        assert hook or name == "mailer"


def test_hooks_are_commands_that_the_images_have(production: list[Thing]) -> None:
    hooks = {
        name: container(pods(production)[name])["lifecycle"]["preStop"]["exec"][
            "command"
        ]
        for name in ("ingest", "gateway", "edge")
    }

    assert hooks["ingest"][:3] == ["python", "-m", "ingest_service.leaving"]
    assert hooks["gateway"][0] == hooks["edge"][0] == "sleep"
    # strip.sh takes others away.
    assert "sleep" not in (ROOT / "devstack" / "images" / "strip.sh").read_text()


def test_no_probe_gives_up_before_an_answer_that_waits_for_the_broker(
    things: list[Thing],
) -> None:
    for name in PORTS.keys() & pods(things).keys():
        told = container(pods(things)[name])
        for each in ("startup", "liveness"):
            assert told[f"{each}Probe"]["timeoutSeconds"] > COUNTS_TIMEOUT, name
