"""Which secrets and settings compose.production.yml gives to which service."""

from __future__ import annotations

import re

import pytest

from deploy import keys
from deploy.users import USERS
from tests.plugins.production import (
    BROKERS_FILES,
    COMPOSE,
    FOLDER,
    SERVICES,
    SETTINGS,
    every_service,
    variables,
)


@every_service
def test_every_secret_is_read_from_a_file_that_the_service_has(name: str) -> None:
    service = SERVICES[name]
    mounted = {f"/run/secrets/{secret}" for secret in service.get("secrets", ())}

    for variable, value in variables(service).items():
        if variable.endswith(("SECRET", "_KEY", "PASSWORD", "RABBITMQ_URL")):
            pytest.fail(f"{variable} is no file")
        if variable.endswith("_FILE") and value.startswith("/run/"):
            assert value in mounted, variable


@every_service
def test_service_has_no_secret_that_it_does_not_use(name: str) -> None:
    service = SERVICES[name]
    used = " ".join(variables(service).values()) + " ".join(
        f"{variable.removesuffix('_FILE').lower()}" for variable in variables(service)
    )

    for secret in service.get("secrets", ()):
        assert secret in used + BROKERS_FILES, secret


def test_every_secret_is_one_that_the_command_makes() -> None:
    made = {*keys.OURS, *keys.ISSUED, *keys.OPTIONAL, keys.DEFINITIONS, keys.TOPOLOGY}
    made |= {f"rabbitmq_url_{user.name}" for user in USERS}

    elsewhere = {"rabbitmq_url_monitor", "mailer_database_url"}
    assert COMPOSE["secrets"].keys() == made - elsewhere
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}


def test_each_service_is_its_own_user_of_the_broker() -> None:
    users = {
        name: variables(each)["RABBITMQ_URL_FILE"].removeprefix("/run/secrets/")
        for name, each in SERVICES.items()
        if "RABBITMQ_URL_FILE" in variables(each)
    }

    assert users == {
        "ingest_1": "rabbitmq_url_ingest",
        "ingest_2": "rabbitmq_url_ingest",
        "gateway_1": "rabbitmq_url_gateway",
        "gateway_2": "rabbitmq_url_gateway",
        "mailer_worker": "rabbitmq_url_mailer",
        "operator": "rabbitmq_url_operator",
        "outbox_relay": "rabbitmq_url_relay",
    }


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_variable_is_one_that_the_service_reads(name: str) -> None:
    known = {field.upper() for field in SETTINGS[name].model_fields}
    given = {v.removesuffix("_FILE") for v in variables(SERVICES[name])}

    assert given <= known


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_required_setting_is_given(name: str) -> None:
    fields = SETTINGS[name].model_fields.items()
    required = {field.upper() for field, info in fields if info.is_required()}
    image = {"GATEWAY_DATA_DIR"}  # its Dockerfile says where
    given = {v.removesuffix("_FILE") for v in variables(SERVICES[name])}

    assert required - image <= given


def test_example_explains_every_variable_of_the_file_and_no_other() -> None:
    file = (FOLDER / "compose.production.yml").read_text()
    example = (FOLDER / ".env.example").read_text()

    asked = set(re.findall(r"\$\{([A-Z_]+)", file))
    told = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))

    assert told - {"COMPOSE_PROFILES"} == asked
