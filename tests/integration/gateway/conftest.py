"""A gateway, a stand-in and an ingest service, shared by the tests of a module."""

from __future__ import annotations

import pytest

from tests.plugins.services import start_gateway, start_ingest, start_supabase
from tests.plugins.sockets import users_id


@pytest.fixture(scope="module")
def supabase(start_for_module, tmp_path_factory):
    return start_supabase(start_for_module, tmp_path_factory.mktemp("supabase"))


@pytest.fixture(scope="module")
def ingest(start_for_module, bus_url_for_module):
    return start_ingest(start_for_module, bus_url_for_module)


@pytest.fixture(scope="module")
def gateway_settings():
    """What a module's gateway is told besides; a module may say so itself."""
    return {}


@pytest.fixture(scope="module")
def gateway(
    start_for_module, bus_url_for_module, supabase, tmp_path_factory, gateway_settings
):
    return start_gateway(
        start_for_module,
        bus_url_for_module,
        supabase.url,
        tmp_path_factory.mktemp("gateway"),
        **gateway_settings,
    )


@pytest.fixture
def ids(supabase):
    return users_id(supabase, "ada@melotech.test")
