"""What the tests of faults have in common."""

from __future__ import annotations

import pytest

from tests.plugins.sockets import login


@pytest.fixture
def token(supabase):
    """The admin's access token."""
    return login(supabase, "admin@melotech.test")
