"""Settings: typed, from files too, and every fault told at once."""

import pytest
from pydantic import Field, SecretStr

from shared.errors import SettingsError
from shared.settings import BrokerSettings, HttpUrl, Secrets, StrongSecrets


class Example(BrokerSettings):
    api_key: SecretStr
    base_url: HttpUrl = "https://example.test"
    tokens: Secrets = Field(default=())
    strong: StrongSecrets = ()
    limit: int = Field(default=5, gt=0)


GOOD = {"RABBITMQ_URL": "amqp://user:hidden@broker:5672/", "API_KEY": "k-123"}


def test_defaults_are_used_and_empty_values_count_as_absent():
    settings = Example.load(GOOD | {"LIMIT": "", "TOKENS": " a , b,"})

    assert settings.limit == 5
    assert [token.get_secret_value() for token in settings.tokens] == ["a", "b"]


def test_every_fault_is_named_in_one_message_and_no_value_is_repeated():
    environ = {"RABBITMQ_URL": "http://user:hidden@x", "LIMIT": "-1", "BASE_URL": "ftp"}

    with pytest.raises(SettingsError) as raised:
        Example.load(environ)

    told = str(raised.value)
    for name in ("RABBITMQ_URL", "API_KEY", "LIMIT", "BASE_URL"):
        assert name in told
    assert "hidden" not in told


def test_short_secret_is_a_fault_where_it_is_ours_to_choose():
    with pytest.raises(SettingsError) as raised:
        Example.load(GOOD | {"STRONG": f"{'long' * 4},short-hidden"})

    assert raised.value.faults == ["STRONG: must have at least 16 characters each"]
    assert len(Example.load(GOOD | {"STRONG": "long" * 4}).strong) == 1


def test_value_is_read_from_the_file_that_a_variable_names(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("from-file\n")

    settings = Example.load(
        {"RABBITMQ_URL": GOOD["RABBITMQ_URL"], "API_KEY_FILE": str(secret)}
    )

    assert settings.api_key.get_secret_value() == "from-file"


def test_secret_as_supabase_writes_it_is_one_secret():
    given = GOOD | {"TOKENS": "v1,whsec_abc, v1 , whsec_def,plain"}

    tokens = [t.get_secret_value() for t in Example.load(given).tokens]

    assert tokens == ["whsec_abc", "whsec_def", "plain"]


@pytest.mark.parametrize(
    "url",
    [
        "amqp://u:s3cr/et@localhost",
        "amqp://u:hidden@localhost:99999",
        "amqp://u:hidden@localhost?heartbeat=abc",
        "amqp://",
    ],
)
def test_unusable_broker_address_is_a_fault_that_does_not_show_it(url):
    with pytest.raises(SettingsError) as raised:
        Example.load(GOOD | {"RABBITMQ_URL": url})

    assert "RABBITMQ_URL" in str(raised.value)
    assert "hidden" not in str(raised.value)
    assert "s3cr" not in str(raised.value)


def test_empty_file_is_a_fault(tmp_path):
    (tmp_path / "key").write_text("\n")
    environ = {k: v for k, v in GOOD.items() if k != "API_KEY"}

    with pytest.raises(SettingsError, match="is empty"):
        Example.load(environ | {"API_KEY_FILE": str(tmp_path / "key")})


def test_missing_file_is_one_fault_and_not_two(tmp_path):
    environ = GOOD | {"API_KEY": "", "API_KEY_FILE": str(tmp_path / "absent")}

    with pytest.raises(SettingsError) as raised:
        Example.load(environ)

    assert len(raised.value.faults) == 1
    assert raised.value.faults[0].startswith("API_KEY_FILE")


def test_summary_tells_secrets_as_true_and_the_broker_as_a_host():
    shown = Example.load(GOOD).summary()

    assert shown["api_key"] is True
    assert shown["rabbitmq_url"] == "broker"
    assert "hidden" not in repr(shown)
    assert "k-123" not in repr(shown)


def test_nodes_of_a_cluster_are_each_looked_at_and_shown_by_their_hosts():
    good = "amqp://u:hidden@one:5672/%2F,amqps://u:hidden@two/%2F"

    assert Example.load(GOOD | {"RABBITMQ_URL": good}).summary()["rabbitmq_url"] == (
        "one, two"
    )
    for bad in (
        "http://three",
        "three",
        "amqp://u:p#p@three",
        "amqp://u:p@three/%2F,",
        "amqp://u:p@three/%2F,four/%2F",
    ):
        with pytest.raises(SettingsError):
            Example.load(GOOD | {"RABBITMQ_URL": f"amqp://u:p@one,{bad}"})


def test_folder_stays_where_it_is_when_the_broker_gets_more_nodes():
    alone = Example.load(GOOD)
    more = f"{GOOD['RABBITMQ_URL']},amqp://user:hidden@other:5672/"

    assert Example.load(GOOD | {"RABBITMQ_URL": more}).state_folder("ingest") == (
        alone.state_folder("ingest")
    )
