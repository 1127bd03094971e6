"""An administrator bans, changes and deletes users, as with the real GoTrue."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import requests

from tests.plugins.services import ANON_KEY, SERVICE_KEY, start_supabase

SERVICE = {"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"}


def sign_in(supabase, name):
    return requests.post(
        f"{supabase.url}/auth/v1/token?grant_type=password",
        json={"email": f"{name}@melotech.test", "password": "melotech"},
        timeout=5,
    )


def refresh(supabase, token):
    return requests.post(
        f"{supabase.url}/auth/v1/token?grant_type=refresh_token",
        json={"refresh_token": token},
        timeout=5,
    )


def who_am_i(supabase, token):
    headers = {"apikey": ANON_KEY, "Authorization": f"Bearer {token}"}
    return requests.get(f"{supabase.url}/auth/v1/user", headers=headers, timeout=5)


def admin(supabase, method, auth_id, headers=SERVICE, **kwargs):
    url = f"{supabase.url}/auth/v1/admin/users/{auth_id}"
    return requests.request(method, url, headers=headers, timeout=5, **kwargs)


def error_of(answer):
    return answer.status_code, answer.json()["error_code"]


def test_banned_user_neither_signs_in_nor_refreshes_until_the_ban_is_lifted(supabase):
    session = sign_in(supabase, "ben").json()
    ben = session["user"]["id"]

    banned = admin(supabase, "PUT", ben, json={"ban_duration": "24h"})

    assert banned.status_code == 200
    shown = admin(supabase, "GET", ben).json()
    assert shown == banned.json()
    left = datetime.fromisoformat(shown["banned_until"]) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(hours=24)
    assert error_of(sign_in(supabase, "ben")) == (400, "user_banned")
    assert error_of(refresh(supabase, session["refresh_token"])) == (400, "user_banned")
    told = who_am_i(supabase, session["access_token"])
    assert error_of(told) == (403, "user_banned")

    lifted = admin(supabase, "PUT", ben, json={"ban_duration": "none"})

    assert "banned_until" not in lifted.json()
    assert sign_in(supabase, "ben").status_code == 200
    assert refresh(supabase, session["refresh_token"]).status_code == 200


def test_ban_that_has_run_out_bans_nobody(supabase):
    cleo = sign_in(supabase, "cleo").json()["user"]["id"]

    shown = admin(supabase, "PUT", cleo, json={"ban_duration": "-1s"}).json()

    assert datetime.fromisoformat(shown["banned_until"]) < datetime.now(UTC)
    assert sign_in(supabase, "cleo").status_code == 200


def test_metadata_is_merged_and_in_the_next_token(supabase):
    ada = sign_in(supabase, "ada").json()["user"]["id"]

    admin(supabase, "PUT", ada, json={"app_metadata": {"role": "admin", "team": "x"}})
    changed = admin(supabase, "PUT", ada, json={"app_metadata": {"team": None}})

    expected = {"provider": "email", "providers": ["email"], "role": "admin"}
    assert changed.json()["app_metadata"] == expected
    token = sign_in(supabase, "ada").json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["app_metadata"] == expected
    admin(supabase, "PUT", ada, json={"app_metadata": {"role": None}})


def test_role_that_comes_from_the_users_row_can_be_taken_away(supabase):
    boss = sign_in(supabase, "admin").json()["user"]["id"]

    demoted = admin(supabase, "PUT", boss, json={"app_metadata": {"role": None}})

    assert "role" not in demoted.json()["app_metadata"]
    admin(supabase, "PUT", boss, json={"app_metadata": {"role": "admin"}})


def test_deleted_user_is_gone_with_all_sessions_even_after_a_restart(start, tmp_path):
    supabase = start_supabase(start, tmp_path)
    session = sign_in(supabase, "ada").json()
    ada = session["user"]["id"]

    deleted = admin(supabase, "DELETE", ada)

    assert (deleted.status_code, deleted.json()) == (200, {})
    supabase.stop()
    supabase.start()
    assert error_of(admin(supabase, "GET", ada)) == (404, "user_not_found")
    assert error_of(sign_in(supabase, "ada")) == (400, "invalid_credentials")
    spent = refresh(supabase, session["refresh_token"])
    assert error_of(spent) == (400, "refresh_token_not_found")
    told = who_am_i(supabase, session["access_token"])
    assert error_of(told) == (403, "user_not_found")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_only_the_service_key_decides_about_users(supabase, method):
    boss = sign_in(supabase, "admin").json()
    person = {"Authorization": f"Bearer {boss['access_token']}"}

    refused = admin(supabase, method, boss["user"]["id"], person, json={})
    unknown = admin(supabase, method, uuid.uuid4(), json={})

    assert error_of(refused) == (403, "not_admin")
    assert error_of(unknown) == (404, "user_not_found")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "bad_json"),
        (b"[]", "bad_json"),
        (b'{"ban_duration": 24}', "bad_json"),
        (b'{"app_metadata": "admin"}', "bad_json"),
        (b'{"ban_duration": "a day"}', "validation_failed"),
    ],
)
def test_decree_that_makes_no_sense_changes_nothing(supabase, body, code):
    cleo = sign_in(supabase, "cleo").json()["user"]["id"]
    before = admin(supabase, "GET", cleo).json()

    refused = admin(supabase, "PUT", cleo, data=body)

    assert error_of(refused) == (400, code)
    assert admin(supabase, "GET", cleo).json() == before
