"""The stand-in's refresh tokens, by the clock."""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace

import pytest

from devstack.supabase import accounts
from devstack.supabase.accounts import REUSE_INTERVAL, Accounts

SESSION = ("ada", "session")


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=1_000.0)
    monkeypatch.setattr(accounts, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


def test_spent_refresh_token_is_taken_for_some_seconds_more(clock):
    known = Accounts(sqlite3.connect(":memory:"))
    token = known.new_refresh_token(*SESSION)
    clock.now += 3_600
    assert known.session_of(token) == SESSION

    known.spend_refresh_token(token)
    clock.now += REUSE_INTERVAL - 1
    assert known.session_of(token) == SESSION
    # Being used again gives it no longer life.
    known.spend_refresh_token(token)
    clock.now += 1
    assert known.session_of(token) is None


def test_spent_refresh_tokens_are_not_kept(clock):
    db = sqlite3.connect(":memory:")
    known = Accounts(db)
    for _ in range(20):
        known.spend_refresh_token(known.new_refresh_token(*SESSION))
        clock.now += REUSE_INTERVAL
    for table in ("refresh_tokens", "spent_tokens"):
        assert db.execute(f"select count(*) from {table}").fetchone() == (1,)


def test_end_of_a_session_ends_a_spent_token_at_once(clock):
    known = Accounts(sqlite3.connect(":memory:"))
    token = known.new_refresh_token(*SESSION)
    known.spend_refresh_token(token)
    known.end_sessions("ada")
    assert known.session_of(token) is None
