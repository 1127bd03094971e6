"""Every object is valid, is rendered as kubectl does, and has a name of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.plugins.kustomized import Thing, render
from tests.plugins.manifests import OVERLAYS, container, of_kind, pods, variables

#: The fields that are used are in later ones, too.
VERSION = "1.28"
#: They are defined by operators, not by Kubernetes.
OTHERS = {"RabbitmqCluster", "PodMonitor"}


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


def test_images_are_those_of_the_site(things: list[Thing]) -> None:
    images = {container(pod)["image"] for pod in pods(things).values()}

    assert all(re.fullmatch(r"registry\.\S+:\d+\.\d+\.\d+", name) for name in images)


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
