"""What deploy/kubernetes promises, read from what its overlays render to."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml

from deploy import keys
from deploy.nodes import in_kubernetes, nodes_of
from deploy.users import USERS
from ingest_service.outbox_relay.settings import RelaySettings
from ingest_service.settings import IngestSettings
from mailer_worker.service import DRAIN_DEADLINE, SETTLE_DEADLINE
from mailer_worker.settings import MailerSettings
from realtime_gateway.api.health import COUNTS_TIMEOUT
from realtime_gateway.drain import ANNOUNCEMENT
from realtime_gateway.outlet import CLOSE_DEADLINE
from realtime_gateway.settings import GatewaySettings
from tests.plugins.kustomized import Thing, render

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("production", "small")
#: The fields that are used are in later ones, too.
VERSION = "1.28"
#: They are defined by operators, not by Kubernetes.
OTHERS = {"RabbitmqCluster", "PodMonitor"}
SETTINGS: dict[str, Any] = {
    "ingest": IngestSettings,
    "gateway": GatewaySettings,
    "mailer": MailerSettings,
    "operator": MailerSettings,
    "relay": RelaySettings,
}
PORTS = {"ingest": 8001, "gateway": 8002, "mailer": 8003, "relay": 8005, "edge": 8000}
#: Given by the images.
IN_IMAGES = {"GATEWAY_DATA_DIR"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifests with the example as site, and all components named."""
    folder = tmp_path_factory.mktemp("manifests") / "kubernetes"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("site"))
    shutil.copytree(folder / "site.example", folder / "site")
    given = {name.upper(): "given" for name in (*keys.ISSUED, *keys.OPTIONAL)}
    secrets = folder / "site" / "secrets"
    keys.complete(secrets, given, lambda *_: "", nodes=in_kubernetes(3))
    for name in OVERLAYS:
        file = folder / "overlays" / name / "kustomization.yaml"
        text = file.read_text()
        if name == "production":
            text = re.sub(r"# - (\.\./\.\./components)", r"- \1", text)
            assert text.count("- ../../components/") == 2
        file.write_text(text)
    return folder


@pytest.fixture(scope="module", params=OVERLAYS)
def things(folder: Path, request: pytest.FixtureRequest) -> list[Thing]:
    """All objects of an overlay."""
    return render(folder / "overlays" / request.param)


@pytest.fixture(scope="module")
def production(folder: Path) -> list[Thing]:
    return render(folder / "overlays" / "production")


def of_kind(things: list[Thing], kind: str) -> dict[str, Thing]:
    return {t["metadata"]["name"]: t for t in things if t["kind"] == kind}


def pods(things: list[Thing]) -> dict[str, Thing]:
    """The specifications of the pods that we describe ourselves, by their names."""
    jobs = of_kind(things, "CronJob").items()
    return {
        name: t["spec"]["template"] for name, t in of_kind(things, "Deployment").items()
    } | {name: t["spec"]["jobTemplate"]["spec"]["template"] for name, t in jobs}


def container(pod: Thing) -> Thing:
    (only,) = pod["spec"]["containers"]
    return dict(only)


def variables(things: list[Thing], name: str) -> dict[str, str]:
    """The environment of a service, its ConfigMaps' values included."""
    told = container(pods(things)[name])
    found: dict[str, str] = {}
    for source in told.get("envFrom", ()):
        found |= of_kind(things, "ConfigMap")[source["configMapRef"]["name"]]["data"]
    return found | {each["name"]: each["value"] for each in told["env"]}


def seconds_of_hook(told: Thing) -> int:
    command = told.get("lifecycle", {}).get("preStop", {}).get("exec", {})
    words = command.get("command", [])
    return sum(int(word) for word in re.findall(r"\b\d+\b", " ".join(words)))


def test_every_object_is_valid_to_the_letter(folder: Path) -> None:
    seen: list[Thing] = []
    for name in OVERLAYS:
        for thing in render(folder / "overlays" / name):
            # It takes its time; most are the same in both.
            if thing["kind"] not in OTHERS and thing not in seen:
                kubernetes_validate.validate(thing, VERSION, strict=True)
                seen.append(thing)


def test_no_two_objects_have_one_name(things: list[Thing]) -> None:
    count = Counter((thing["kind"], thing["metadata"]["name"]) for thing in things)

    assert set(count.values()) == {1}
    assert {thing["metadata"]["namespace"] for thing in things} == {"melotech"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubectl_renders_the_same_objects(folder: Path, overlay: str) -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("no kubectl here: install Kubernetes' own, 1.27 or newer")
    path = folder / "overlays" / overlay
    done = subprocess.run(
        ["kubectl", "kustomize", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "unknown command" in done.stderr or "Component" in done.stderr:
        pytest.skip("this kubectl is too old: install Kubernetes' own, 1.27 or newer")
    assert done.returncode == 0, done.stderr

    ours = {(t["kind"], t["metadata"]["name"]): t for t in render(path)}
    for theirs in yaml.safe_load_all(done.stdout):
        name = theirs["metadata"]["name"]
        if theirs["kind"] in {"ConfigMap", "Secret"}:
            name = re.sub(r"-[a-z0-9]{10}$", "", name)
            assert ours.pop((theirs["kind"], name))
            continue
        mine = ours.pop((theirs["kind"], name))
        spec = re.sub(
            r'("(?:name|secretName)": "[a-z-]+)-[a-z0-9]{10}"',
            r'\1"',
            json.dumps(theirs["spec"], sort_keys=True),
        )
        assert json.loads(spec) == json.loads(json.dumps(mine["spec"])), name
    assert not ours


def test_every_variable_is_one_that_the_service_reads(things: list[Thing]) -> None:
    for name in SETTINGS.keys() & pods(things).keys():
        known = {field.upper() for field in SETTINGS[name].model_fields}
        # What all get, not all read.
        given = {v.removesuffix("_FILE") for v in variables(things, name)}

        assert given - {"SUBMISSIONS_TABLE"} <= known, name


def test_every_required_setting_is_given(things: list[Thing]) -> None:
    for name in SETTINGS.keys() & pods(things).keys():
        fields = SETTINGS[name].model_fields.items()
        required = {field.upper() for field, info in fields if info.is_required()}
        given = {v.removesuffix("_FILE") for v in variables(things, name)}

        assert required - IN_IMAGES <= given, name


def test_edges_variables_are_those_of_its_file(production: list[Thing]) -> None:
    read = set(re.findall(r"\$\{?([A-Z_]+)|env[. ]\"?([A-Z_]+)", _caddyfile()))
    names = {a or b for a, b in read} | set(re.findall(r"\{\$([A-Z_]+)", _caddyfile()))

    assert variables(production, "edge").keys() <= names


def _caddyfile() -> str:
    return (ROOT / "deploy" / "Caddyfile").read_text()


def test_examples_that_are_commented_out_are_settings_too() -> None:
    for file in (FOLDER / "site.example").glob("*.env"):
        fields = {
            field.upper()
            for settings in SETTINGS.values()
            for field in settings.model_fields
        }
        named = re.findall(r"^(?:# )?([A-Z_]+)=", file.read_text(), re.MULTILINE)
        if file.stem != "edge":
            assert {n.removesuffix("_FILE") for n in named} <= fields, file.name


def test_every_file_that_is_named_is_in_a_secret_of_that_pod(
    things: list[Thing],
) -> None:
    secrets = of_kind(things, "Secret")
    for name, pod in pods(things).items():
        mounted = {
            volume["secret"]["secretName"]
            for volume in pod["spec"]["volumes"]
            if "secret" in volume
        }
        # That one is made by the cluster operator.
        held = {
            key
            for secret in mounted - {"rabbitmq-default-user"}
            for key in secrets[secret]["stringData"]
        }
        files = {
            value.removeprefix("/run/secrets/")
            for variable, value in variables(things, name).items()
            if variable.endswith("_FILE")
        }
        assert files <= held, name
        optional = {"supabase_jwt_secret", "mailgun_log_api_key"}
        if name != "topology" and "mailer" not in name and name != "operator":
            assert held - files <= optional, f"{name} has more than it reads"


def test_each_service_is_its_own_user_of_the_broker(production: list[Thing]) -> None:
    users = {user.name for user in USERS}
    for name in SETTINGS:
        value = variables(production, name)["RABBITMQ_URL_FILE"]
        assert value == f"/run/secrets/rabbitmq_url_{name}"
        assert name in users


def test_services_are_told_of_every_node_that_the_operator_makes(
    production: list[Thing],
) -> None:
    (cluster,) = of_kind(production, "RabbitmqCluster").values()
    replicas = cluster["spec"]["replicas"]
    secret = of_kind(production, "Secret")["ingest"]["stringData"]

    nodes = nodes_of(secret["rabbitmq_url_ingest"])

    prefix = f"{cluster['metadata']['name']}-server-"
    assert [node.partition(".")[0] for node in nodes] == [
        f"{prefix}{n}" for n in range(replicas)
    ]
    assert {node.partition(".")[2] for node in nodes} == {"rabbitmq-nodes"}


def test_topology_waits_for_as_many_nodes_as_there_are(things: list[Thing]) -> None:
    (cluster,) = of_kind(things, "RabbitmqCluster").values()

    environment = variables(things, "topology")

    assert environment["NODES"] == str(cluster["spec"]["replicas"])
    replicas = cluster["spec"]["replicas"]
    asked = [environment["BROKER"].format(number) for number in range(replicas)]
    assert asked == [f"http://{node}:15672" for node in in_kubernetes(replicas)]
    assert "load_definitions =" not in cluster["spec"]["rabbitmq"]["additionalConfig"]


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


def test_labels_are_those_that_selectors_look_for(things: list[Thing]) -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(things).items()}
    known = [*labels.values(), {"app.kubernetes.io/name": "rabbitmq"}]
    for name, deployment in of_kind(things, "Deployment").items():
        assert deployment["spec"]["selector"]["matchLabels"].items() <= (
            labels[name].items()
        )
    for kind in ("Service", "PodDisruptionBudget"):
        for each in of_kind(things, kind).values():
            wanted = each["spec"]["selector"]
            wanted = wanted.get("matchLabels", wanted)
            assert any(wanted.items() <= those.items() for those in known), each
    for each in of_kind(things, "HorizontalPodAutoscaler").values():
        target = each["spec"]["scaleTargetRef"]["name"]
        assert target in of_kind(things, "Deployment")
        assert "replicas" not in of_kind(things, "Deployment")[target]["spec"]


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


def test_no_probe_gives_up_before_an_answer_that_waits_for_the_broker(
    things: list[Thing],
) -> None:
    for name in PORTS.keys() & pods(things).keys():
        told = container(pods(things)[name])
        for each in ("startup", "liveness"):
            assert told[f"{each}Probe"]["timeoutSeconds"] > COUNTS_TIMEOUT, name


def test_certificates_issuer_reaches_the_pod_that_answers_for_us(
    production: list[Thing],
) -> None:
    spec = of_kind(production, "NetworkPolicy")["certificates"]["spec"]

    label = {"acme.cert-manager.io/http01-solver": "true"}
    assert spec["podSelector"]["matchLabels"] == label
    assert spec["ingress"] == [{"ports": [{"protocol": "TCP", "port": 8089}]}]


def test_job_that_was_made_by_hand_leaves_its_name_to_the_next(
    things: list[Thing],
) -> None:
    job = of_kind(things, "CronJob")["topology"]["spec"]["jobTemplate"]["spec"]

    assert 0 < job["ttlSecondsAfterFinished"] <= 900


def test_small_one_runs_one_of_each_with_its_ledger_on_a_disk(folder: Path) -> None:
    small = render(folder / "overlays" / "small")

    assert not of_kind(small, "HorizontalPodAutoscaler")
    assert of_kind(small, "RabbitmqCluster")["rabbitmq"]["spec"]["replicas"] == 1
    assert "MAILER_DATABASE_URL_FILE" not in variables(small, "mailer")
    mailer = of_kind(small, "Deployment")["mailer"]["spec"]
    assert mailer["strategy"] == {"type": "Recreate"}
    claim = {"name": "data", "persistentVolumeClaim": {"claimName": "ledger"}}
    assert claim in mailer["template"]["spec"]["volumes"]
    assert "ledger" in of_kind(small, "PersistentVolumeClaim")
    # Which one machine has at a time.
    spec = pods(small)["operator"]["spec"]
    assert claim in spec["volumes"]
    (near,) = spec["affinity"]["podAffinity"].popitem()[1]
    assert near["labelSelector"]["matchLabels"].items() <= (
        pods(small)["mailer"]["metadata"]["labels"].items()
    )


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


def test_images_are_those_of_the_site(things: list[Thing]) -> None:
    images = {container(pod)["image"] for pod in pods(things).values()}

    assert all(re.fullmatch(r"registry\.\S+:\d+\.\d+\.\d+", name) for name in images)
