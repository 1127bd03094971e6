"""Settings and secrets are those that the services read, and each its own."""

from __future__ import annotations

import re

from deploy.nodes import in_kubernetes, nodes_of
from deploy.users import USERS
from tests.plugins.kustomized import Thing
from tests.plugins.manifests import FOLDER, ROOT, SETTINGS, of_kind, pods, variables

#: Given by the images.
IN_IMAGES = {"GATEWAY_DATA_DIR"}


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


def test_job_that_was_made_by_hand_leaves_its_name_to_the_next(
    things: list[Thing],
) -> None:
    job = of_kind(things, "CronJob")["topology"]["spec"]["jobTemplate"]["spec"]

    assert 0 < job["ttlSecondsAfterFinished"] <= 900
