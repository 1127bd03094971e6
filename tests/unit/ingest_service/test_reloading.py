"""The settings, read again: new ones where they can be used, else the former."""

import pytest

from ingest_service import reloading
from shared.errors import SettingsError

ONE, TWO = "the first secret", "the second secret"
GOOD = {"RABBITMQ_URL": "amqp://u:p@127.0.0.1:1/", "WEBHOOK_SECRET": ONE}


@pytest.fixture(autouse=True)
def _nothing_read_before(monkeypatch):
    monkeypatch.setattr(reloading._Kept, "settings", None)


def secrets(environ):
    return [s.get_secret_value() for s in reloading.settings(environ).webhook_secret]


def test_new_settings_take_the_place_of_the_former():
    assert secrets(GOOD) == [ONE]
    assert secrets(GOOD | {"WEBHOOK_SECRET": f"{TWO},{ONE}"}) == [TWO, ONE]


def test_wrong_settings_leave_the_former_in_force():
    secrets(GOOD)

    assert secrets(GOOD | {"WEBHOOK_SECRET": ""}) == [ONE]


def test_wrong_settings_at_the_start_are_an_error():
    with pytest.raises(SettingsError):
        reloading.settings({})
