"""What the tests of faults have in common."""

from __future__ import annotations

import pytest

from tests.plugins.services import start_supabase
from tests.plugins.sockets import login


@pytest.fixture(scope="module")
def supabase(start_for_module, tmp_path_factory):
    """One stand-in for all tests of a module: none of them harms it."""
    return start_supabase(start_for_module, tmp_path_factory.mktemp("supabase"))


@pytest.fixture(scope="module")
def token(supabase):
    """The admin's access token."""
    return login(supabase, "admin@melotech.test")
