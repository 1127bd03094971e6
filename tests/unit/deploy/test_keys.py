"""The secrets of a server: ours made, others' asked for, rotated and forgotten."""

from __future__ import annotations

import hashlib
import json
import stat
from base64 import b64decode
from urllib.parse import urlsplit

import pytest

from deploy import keys
from deploy.nodes import in_containers, in_kubernetes, nodes_of, password_of
from deploy.plans import CLUSTER
from deploy.users import USERS

ISSUED = {name.upper(): f"{name}-of-the-tests" for name in keys.ISSUED}


def nobody(name, where):
    return ""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "secrets"
    keys.complete(folder, ISSUED, nobody)
    return folder


def read(folder, name):
    return (folder / name).read_text()


def test_ours_are_made_and_those_of_others_taken(folder):
    assert read(folder, "webhook_secret").startswith("whsec_")
    assert len(read(folder, "unsubscribe_secret")) == 64
    assert read(folder, "mailgun_api_key") == ISSUED["MAILGUN_API_KEY"]
    assert read(folder, "supabase_jwt_secret") == ""


def test_what_there_is_stays(folder):
    before = {p.name: p.read_text() for p in folder.iterdir()}

    keys.complete(folder, {}, nobody)

    for name in before.keys() - {keys.DEFINITIONS, keys.TOPOLOGY}:
        assert read(folder, name) == before[name]


def test_a_value_that_is_given_wins(folder):
    keys.complete(folder, {"MAILGUN_API_KEY": "key-new"}, nobody)

    assert read(folder, "mailgun_api_key") == "key-new"


def test_what_nobody_gives_is_named_with_where_to_find_it(tmp_path):
    with pytest.raises(keys.Missing) as raised:
        keys.complete(tmp_path, {}, nobody)

    assert set(raised.value.names) == set(keys.ISSUED)
    assert "MAILGUN_API_KEY (Mailgun" in str(raised.value)
    assert read(tmp_path, "webhook_secret")


def test_whoever_sits_at_the_terminal_is_asked_for_the_missing_alone(tmp_path):
    asked = []

    def ask(name, where):
        asked.append(name)
        return f"told-{name}"

    keys.complete(tmp_path, {"MAILGUN_API_KEY": "key-x"}, ask)

    assert "MAILGUN_API_KEY" not in asked
    assert read(tmp_path, "vite_supabase_anon_key") == "told-VITE_SUPABASE_ANON_KEY"


def test_nobody_but_the_owner_enters_the_folder_and_no_file_can_be_written(folder):
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) in {0o440, 0o444}, path.name


def test_a_rotated_secret_stands_before_the_old_one_until_that_is_forgotten(folder):
    old = read(folder, "webhook_secret")

    keys.rotate(folder, "webhook_secret")
    new, kept = read(folder, "webhook_secret").split(",")

    assert kept == old != new
    keys.forget(folder, "webhook_secret")
    assert read(folder, "webhook_secret") == new


def test_definitions_carry_the_hashes_of_the_users_passwords(folder):
    keys.rotate(folder, "rabbitmq")
    users = {u["name"]: u for u in json.loads(read(folder, keys.DEFINITIONS))["users"]}

    assert users.keys() == {user.name for user in USERS}
    for name, user in users.items():
        password = urlsplit(read(folder, f"rabbitmq_url_{name}")).password
        stored = b64decode(user["password_hash"])
        assert stored[4:] == hashlib.sha256(stored[:4] + password.encode()).digest()
        assert password not in read(folder, keys.DEFINITIONS)


def test_what_is_loaded_at_a_start_names_no_queue(folder):
    at_start = json.loads(read(folder, keys.DEFINITIONS))
    later = json.loads(read(folder, keys.TOPOLOGY))

    assert at_start.keys() == {"users", "vhosts", "permissions", "topic_permissions"}
    assert later.keys() == {"exchanges", "queues", "bindings"}


def test_rotating_the_brokers_passwords_changes_all_of_them(folder):
    before = {user.name: read(folder, f"rabbitmq_url_{user.name}") for user in USERS}

    keys.rotate(folder, "rabbitmq")

    for name, url in before.items():
        assert read(folder, f"rabbitmq_url_{name}") != url


def test_services_are_told_of_all_nodes_with_the_password_that_they_had(folder):
    before = read(folder, "rabbitmq_url_mailer")

    keys.complete(folder, {}, nobody, nodes=in_containers(3))
    after = read(folder, "rabbitmq_url_mailer")

    assert nodes_of(after) == CLUSTER.brokers == keys.nodes_in(folder)
    addresses = after.split(",")
    assert addresses[0] == before
    assert {urlsplit(each).path for each in addresses} == {"/%2F"}
    assert {password_of(each) for each in addresses} == {password_of(before)}


def test_nodes_stay_until_others_are_asked_for(folder):
    keys.complete(folder, {}, nobody, nodes=in_containers(3))

    keys.complete(folder, {}, nobody)
    keys.rotate(folder, "rabbitmq")

    assert keys.nodes_in(folder) == CLUSTER.brokers


def test_nodes_of_a_cluster_get_a_cookie_and_its_ledger_a_database(folder):
    keys.complete(folder, {}, nobody, nodes=in_containers(3))
    cookie = read(folder, keys.COOKIE)
    keys.complete(folder, {}, nobody)

    assert read(folder, keys.COOKIE) == cookie
    password = read(folder, keys.LEDGER_PASSWORD)
    url = f"postgresql://mailer:{password}@postgres:5432/mailer"
    assert read(folder, "mailer_database_url") == url


def test_ledgers_database_of_ones_own_wins(folder):
    own = "postgresql://mailer:word@db.example.com/ledger"

    keys.complete(folder, {"MAILER_DATABASE_URL": own}, nobody, nodes=in_containers(3))

    assert read(folder, "mailer_database_url") == own


def test_cluster_in_kubernetes_is_reached_by_the_names_of_its_pods(folder):
    given = {"MAILER_DATABASE_URL": "postgresql://mailer:word@db.example.com/ledger"}
    keys.complete(folder, given, nobody, nodes=in_kubernetes(3))

    assert nodes_of(read(folder, "rabbitmq_url_ingest"))[2] == (
        "rabbitmq-server-2.rabbitmq-nodes"
    )
    assert not (folder / keys.COOKIE).exists()


def test_several_mailers_are_not_left_without_a_ledger_that_they_share(folder):
    with pytest.raises(keys.Missing, match="MAILER_DATABASE_URL"):
        keys.complete(folder, {}, nobody, nodes=in_kubernetes(3))


def test_single_mailer_needs_no_database(folder):
    keys.complete(folder, {}, nobody, nodes=in_kubernetes(1))

    assert read(folder, "mailer_database_url") == ""
