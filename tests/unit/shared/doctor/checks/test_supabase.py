"""What is made of keys, key sets, tables and administration at Supabase."""

from __future__ import annotations

import pytest

from shared.doctor.checks import (
    supabase,
)
from tests.plugins.findings import (
    AWAY,
    NOW,
    URL,
    holds_remedies,
    jwt,
    said,
    worst,
)


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        ("sb_secret_abc", "ok"),
        ("sb_publishable_abc", "fault"),
        (jwt(role="service_role", ref="abcd", exp=NOW + 60), "warning"),
        (jwt(role="service_role"), "warning"),
        (jwt(role="service_role", ref="other"), "fault"),
        (jwt(role="service_role", exp=NOW - 60), "fault"),
        (jwt(role="anon", ref="abcd"), "fault"),
        ("a.b.c", "fault"),
        ("ä.b.c", "fault"),
        ("whatever", "fault"),
    ],
)
def test_kind_of_the_service_key(key, verdict):
    found = supabase.key_kind(key, url=URL, now=NOW)

    assert worst(found) == verdict
    assert holds_remedies(found)


@pytest.mark.parametrize(
    ("jwt_secret", "key", "verdict"),
    [
        ("right", jwt("right", role="service_role"), "ok"),
        ("wrong", jwt("right", role="service_role"), "fault"),
        ("any", "sb_secret_abc", "ok"),
    ],
)
def test_jwt_secret_must_have_signed_a_legacy_key(jwt_secret, key, verdict):
    assert worst(supabase.jwt_secret(jwt_secret, key)) == verdict


@pytest.mark.parametrize(
    ("reply", "has_secret", "verdict"),
    [
        (said(200, {"keys": [{"alg": "ES256"}]}), False, "ok"),
        (said(200, {"keys": [{"alg": "RS256"}]}), True, "ok"),
        (said(200, {"keys": []}), True, "ok"),
        (said(200, {"keys": []}), False, "fault"),
        (said(200, {"keys": [{"alg": "HS256"}]}), False, "fault"),
        (said(200, ["keys"]), True, "fault"),
        (said(200, {"keys": 5}), True, "fault"),
        (said(404), True, "fault"),
        (AWAY, True, "fault"),
    ],
)
def test_key_set(reply, has_secret, verdict):
    found = supabase.key_set(reply, has_secret=has_secret)

    assert worst(found) == verdict
    assert holds_remedies(found)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (said(200, []), "ok"),
        (said(400), "fault"),
        (said(401), "fault"),
        (said(404), "fault"),
        (said(540), "fault"),
        (AWAY, "fault"),
    ],
)
def test_table(reply, verdict):
    found = supabase.table("submissions", reply, variable="SUBMISSIONS_TABLE")

    assert worst(found) == verdict
    assert holds_remedies(found)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (said(404), "ok"),
        (said(401), "fault"),
        (said(403), "fault"),
        (said(500), "fault"),
        (AWAY, "fault"),
    ],
)
def test_administration(reply, verdict):
    assert worst(supabase.administration(reply)) == verdict
