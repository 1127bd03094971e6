"""The pack says its version, to who has the services' key."""

from __future__ import annotations

import re

import psycopg
import pytest

from shared.doctor.checks import databases as judged
from shared.doctor.probes import databases
from tests.integration.supabase.conftest import SCRIPT, UNINSTALL

ASK = "select public.melotech_pack_version()"
#: What Supabase does for each new function of `public`.
DEFAULTS = """
do $$ begin
    create role service_role login;
exception when duplicate_object then null; end $$;
grant usage on schema public to anon, authenticated, service_role;
alter default privileges in schema public
    grant execute on functions to anon, authenticated, service_role;
"""


@pytest.fixture
def as_on_supabase(empty):
    """A database with the rights that Supabase gives by default."""
    empty.run(DEFAULTS)
    return empty


def test_version_is_the_one_that_the_doctor_expects(as_on_supabase):
    as_on_supabase.run(SCRIPT)

    assert as_on_supabase.one(ASK, user="service_role") == judged.PACK
    assert re.findall(r"Real-time, pack (\d+)", SCRIPT) == [str(judged.PACK)]
    assert judged.PACK_FUNCTION in ASK


@pytest.mark.parametrize("role", ["anon", "authenticated", "artist"])
def test_nobody_else_may_ask_for_the_version(as_on_supabase, role):
    for _ in range(2):
        as_on_supabase.run(SCRIPT)

        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_on_supabase.one(ASK, user=role)


def test_version_is_gone_with_the_pack(as_on_supabase):
    as_on_supabase.run(SCRIPT)
    as_on_supabase.run(UNINSTALL)

    with pytest.raises(psycopg.errors.UndefinedFunction):
        as_on_supabase.one(ASK, user="service_role")


def test_relay_reads_the_version_without_any_right(as_on_supabase):
    address = as_on_supabase.dsn("artist")
    before = databases.pack_of(address)
    as_on_supabase.run(SCRIPT)

    assert before == databases.Told(None)
    assert databases.pack_of(address) == databases.Told(str(judged.PACK))
