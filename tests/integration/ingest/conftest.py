"""One ingest service for all tests of a module, and the bus behind it."""

from __future__ import annotations

import pytest

from tests.plugins.services import SECRET, start_ingest

#: Nothing of what a peer sends may be here, nor what would be if a worker failed.
UNTOLD = (SECRET, "a title of a track", "a@b.test", "Traceback", "WORKER TIMEOUT")


@pytest.fixture(scope="module")
def bus_url(bus_url_for_module):
    return bus_url_for_module


@pytest.fixture(scope="module")
def ingest_settings():
    """What a module's service is told besides; a module may say so itself."""
    return {}


@pytest.fixture(scope="module")
def ingest(start_for_module, bus_url, ingest_settings):
    service = start_ingest(start_for_module, bus_url, **ingest_settings)
    yield service

    told = service.output()
    assert [word for word in UNTOLD if word in told] == []
    # No worker has ended, so none was started anew.
    assert told.count("Booting worker") == 1
    assert service.stop() == 0
