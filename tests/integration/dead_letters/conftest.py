"""A queue of dead letters, the mailer's queue, and an operator beside them."""

from __future__ import annotations

import pytest

from shared.amqp.opening import opened
from shared.topology import MAILER_QUEUE
from tests.plugins.operator import Operator, Queue


@pytest.fixture
def letters(bus_url):
    with opened(bus_url, name="test"):
        return Queue(bus_url)


@pytest.fixture
def mails(bus_url):
    return Queue(bus_url, MAILER_QUEUE)


@pytest.fixture
def operator(bus_url, tmp_path):
    return Operator(RABBITMQ_URL=bus_url, HOME=str(tmp_path))
