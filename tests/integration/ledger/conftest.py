"""A ledger on each of the two databases."""

from __future__ import annotations

import pytest

from tests.plugins.ledgers import opened, postgres_ledger


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request, tmp_path):
    """The address of an empty ledger."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    return postgres_ledger(request.getfixturevalue("postgres"))


@pytest.fixture
def ledger(ledger_url):
    """An empty ledger without a settle time."""
    with opened(ledger_url) as made:
        yield made
