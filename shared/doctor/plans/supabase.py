"""Supabase: tables, Auth, key set, the SQL pack, and its clock."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from shared import supabase as asking
from shared.doctor.checks import clock, databases, supabase
from shared.doctor.findings import Finding
from shared.doctor.place import Place, text_of
from shared.doctor.probes.http import Reply, ask
from shared.doctor.running import Check

#: A user that nobody is: who may ask is told that there is none.
NOBODY = "00000000-0000-0000-0000-000000000000"


def checks(place: Place) -> Iterator[Check[Any]]:
    """Return what there is to ask of the project; nothing where nobody knows one."""
    settings = place.settings("gateway", "mailer")
    if settings is None:
        return
    url = settings.supabase_url
    headers = asking.credentials(text_of(settings.supabase_service_role_key))
    table = place.field("submissions_table", "gateway", "ingest") or "submissions"

    def check(name: str, path: str, decide: supabase.Decide) -> Check[Any]:
        fetch = partial(ask, f"{url}{path}", headers=headers)
        return Check(group=supabase.GROUP, name=name, fetch=fetch, decide=decide)

    yield check(
        f"table {table}",
        f"{asking.path_of(table)}?select=id&limit=1",
        partial(supabase.table, table, variable="SUBMISSIONS_TABLE"),
    )
    yield check(
        "table users",
        "/rest/v1/users?select=id,authid&limit=1",
        partial(supabase.table, "users"),
    )
    yield check("Auth", asking.auth_user(NOBODY).path, supabase.administration)
    yield check("Auth's health", "/auth/v1/health", _alive)
    has_secret = bool(text_of(place.field("supabase_jwt_secret", "gateway")))
    if place.settings("gateway") is not None:
        yield check(
            "token keys",
            asking.JWKS_PATH,
            partial(supabase.key_set, has_secret=has_secret),
        )
    yield check("SQL pack", f"/rest/v1/rpc/{databases.PACK_FUNCTION}", databases.pack)


def _alive(reply: Reply) -> list[Finding]:
    return supabase.alive(reply) + clock.beside("Supabase", reply)
