"""Where the stack's commands find its broker: as its services do."""

from devstack.stack.environment import with_broker_url

OWN = {"BROKER_USER": "u", "RABBITMQ_PASSWORD": "p", "BROKER_PORT": "5673"}


def test_commands_are_given_the_stacks_own_broker():
    assert with_broker_url(OWN)["RABBITMQ_URL"] == "amqp://u:p@127.0.0.1:5673/%2F"


def test_broker_that_is_given_stays(tmp_path):
    file = tmp_path / "url"
    file.write_text("amqp://x:y@elsewhere/")
    for given in ({"RABBITMQ_URL": "amqp://x:y@z/"}, {"RABBITMQ_URL_FILE": str(file)}):
        assert with_broker_url(OWN | given) == OWN | given
