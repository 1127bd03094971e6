"""A gateway with what it needs, for the programs of the client guides."""

from __future__ import annotations

import pytest

from tests.plugins.services import start_gateway, start_ingest, start_supabase


@pytest.fixture(scope="module")
def supabase(start_for_module, tmp_path_factory):
    return start_supabase(start_for_module, tmp_path_factory.mktemp("supabase"))


@pytest.fixture(scope="module")
def ingest(start_for_module, bus_url_for_module):
    return start_ingest(start_for_module, bus_url_for_module)


@pytest.fixture(scope="module")
def gateway(start_for_module, bus_url_for_module, supabase, tmp_path_factory):
    return start_gateway(
        start_for_module,
        bus_url_for_module,
        supabase.url,
        tmp_path_factory.mktemp("gateway"),
    )
