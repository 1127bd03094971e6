"""An outbox, and a relay that reads it."""

from __future__ import annotations

import pytest

from tests.plugins.outbox import Outbox, start_relay


@pytest.fixture
def outbox(postgres):
    return Outbox(postgres)


@pytest.fixture
def relay(start, bus_url, outbox):
    return start_relay(start, bus_url, outbox)
