"""Auth and PostgREST answer in their own shapes, whatever is thrown at them."""

from __future__ import annotations

import time

import jwt
import pytest
import requests

from tests.plugins.services import ANON_KEY, SECRET, SERVICE_KEY, start_supabase, until

SERVICE = {"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"}
WHOLE = SERVICE | {"Prefer": "return=representation"}
SINGLE = WHOLE | {"Accept": "application/vnd.pgrst.object+json"}


def rest(supabase, method, path, headers=SERVICE, **kwargs):
    url = f"{supabase.url}/rest/v1/{path}"
    return requests.request(method, url, headers=headers, timeout=5, **kwargs)


def auth(supabase, method, path, **kwargs):
    url = f"{supabase.url}/auth/v1/{path}"
    return requests.request(method, url, timeout=5, **kwargs)


def sign_in(supabase, name):
    return auth(
        supabase,
        "POST",
        "token?grant_type=password",
        json={"email": f"{name}@melotech.test", "password": "melotech"},
    ).json()


def bearer(token):
    return {"apikey": ANON_KEY, "Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(("name", "role"), [("admin", "admin"), ("ada", None)])
def test_token_holds_against_the_published_key_and_says_who_it_is(supabase, name, role):
    session = sign_in(supabase, name)
    answer = auth(supabase, "GET", ".well-known/jwks.json")
    (key,) = jwt.PyJWKSet.from_dict(answer.json()).keys

    claims = jwt.decode(
        session["access_token"], key, algorithms=["ES256"], audience="authenticated"
    )

    assert answer.headers["Cache-Control"] == "public, max-age=600"
    assert jwt.get_unverified_header(session["access_token"])["kid"] == key.key_id
    assert claims["iss"] == f"{supabase.url}/auth/v1"
    assert claims["sub"] == session["user"]["id"]
    assert claims["email"] == f"{name}@melotech.test"
    assert claims["role"] == "authenticated"
    assert claims["app_metadata"].get("role") == role
    assert claims["exp"] - claims["iat"] == session["expires_in"] == 3600
    assert abs(session["expires_at"] - time.time() - 3600) < 30
    assert session["token_type"] == "bearer"
    wanted = {"session_id", "aal", "phone", "is_anonymous", "user_metadata"}
    assert wanted <= set(claims)


def test_token_that_has_run_out_opens_nothing(start, tmp_path):
    supabase = start_supabase(start, tmp_path, SUPABASE_STANDIN_TOKEN_SECONDS="1")
    headers = bearer(sign_in(supabase, "ada")["access_token"])

    until(lambda: auth(supabase, "GET", "user", headers=headers).status_code == 403)

    assert rest(supabase, "GET", "submissions", headers).status_code == 401


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        (None, 401, "no_authorization"),
        ("not.a.token", 403, "bad_jwt"),
        (ANON_KEY, 403, "not_admin"),
    ],
)
def test_admin_look_up_is_refused_in_gotrues_words(supabase, token, status, code):
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    answer = auth(supabase, "GET", "admin/users/x", headers=headers)

    assert answer.status_code == answer.json()["code"] == status
    assert answer.json()["error_code"] == answer.headers["x-sb-error-code"] == code


def test_id_that_is_no_uuid_is_not_found(supabase):
    answer = auth(supabase, "GET", "admin/users/x", headers=SERVICE)

    assert answer.status_code == 404
    assert answer.json()["error_code"] == "validation_failed"


def test_signing_out_ends_the_refresh_tokens(supabase):
    session = sign_in(supabase, "cleo")
    headers = bearer(session["access_token"])

    assert auth(supabase, "POST", "logout", headers=headers).status_code == 204

    refresh = {"refresh_token": session["refresh_token"]}
    answer = auth(supabase, "POST", "token?grant_type=refresh_token", json=refresh)
    assert answer.json()["error_code"] == "refresh_token_not_found"


NONSENSE = [
    b"",
    b"\xff",
    b"{",
    b"[" * 100_000,
    b'{"title":NaN}',
    rb'{"title":"\ud800","email":"\ud800","password":"\ud800"}',
    b'"text"',
    b"[1]",
]


@pytest.mark.parametrize("body", NONSENSE)
def test_body_that_makes_no_sense_is_the_senders_fault(supabase, body):
    login = auth(supabase, "POST", "token?grant_type=password", data=body)
    insert = rest(supabase, "POST", "submissions", data=body)
    update = rest(supabase, "PATCH", "submissions?bpm=eq.1", data=body)

    assert [login.status_code, insert.status_code, update.status_code] == [400] * 3
    assert login.json()["error_code"] == "invalid_credentials"
    assert insert.json()["code"] == update.json()["code"] == "PGRST102"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (rb'{"title":"a\u0000b"}', 400),
        (rb'{"title":"a\\\u0000b"}', 400),
        (rb'{"title":"a\\u0000b"}', 201),
    ],
)
def test_text_that_postgres_cannot_hold_is_refused(supabase, body, status):
    answer = rest(supabase, "POST", "submissions", data=body)

    assert answer.status_code == status


def test_unknown_table_is_told_from_an_unknown_key(supabase):
    unknown = rest(supabase, "GET", "secrets")
    stranger = rest(supabase, "GET", "submissions", {"apikey": "wrong"})

    assert (unknown.status_code, unknown.json()["code"]) == (404, "PGRST205")
    assert (stranger.status_code, stranger.json()["code"]) == (401, "PGRST301")
    assert set(unknown.json()) == {"code", "message", "details", "hint"}


def test_row_goes_in_with_defaults_and_comes_back_with_its_artist(supabase):
    artist = rest(supabase, "GET", "users?name=eq.Ben", SINGLE).json()
    made = rest(
        supabase,
        "POST",
        "submissions",
        SINGLE,
        json={"title": "Zoë 🎧", "userid": artist["id"], "bpm": 99},
    )

    path = f"submissions?id=eq.{made.json()['id']}&select=*,users(name,email)"
    row = rest(supabase, "GET", path, SINGLE).json()

    assert made.status_code == 201
    assert row.pop("users") == {"name": "Ben", "email": "ben@melotech.test"}
    assert row == made.json()
    assert (row["status"], row["rating"], row["files"]) == ("pending", None, [])
    assert row["submitted_at"] == row["updated_at"]


def test_pages_by_key_walk_the_whole_table_once(start, tmp_path):
    supabase = start_supabase(start, tmp_path)
    artists = rest(supabase, "GET", "users?name=in.(Ada,Ben)").json()
    theirs = ",".join(artist["id"] for artist in artists)
    chosen = f"userid=in.({theirs})&status=eq.pending"
    every = rest(supabase, "GET", f"submissions?{chosen}").json()

    seen, after = [], "00000000-0000-0000-0000-000000000000"
    while True:
        path = f"submissions?{chosen}&id=gt.{after}&order=id.asc&limit=2"
        page = rest(supabase, "GET", path).json()
        seen += [row["id"] for row in page]
        if len(page) < 2:
            break
        after = page[-1]["id"]

    assert len(every) > 2
    assert seen == sorted(row["id"] for row in every)


def test_known_id_is_not_inserted_twice(supabase):
    row = rest(supabase, "GET", "submissions?limit=1", SINGLE).json()

    answer = rest(supabase, "POST", "submissions", json=[{"title": "new"}, row])

    assert (answer.status_code, answer.json()["code"]) == (409, "23505")
    assert rest(supabase, "GET", "submissions?title=eq.new").json() == []


def test_first_screen_tells_the_logins_and_no_secret(supabase):
    page = requests.get(supabase.url, timeout=5).text

    assert "ada@melotech.test" in page
    for secret in (SECRET, SERVICE_KEY, ANON_KEY):
        assert secret not in page
        assert secret not in supabase.output()


def test_page_shows_a_hostile_title_as_text(supabase, sink):
    rest(supabase, "POST", "submissions", json={"title": "<script>alert(1)</script>"})

    page = until(lambda: "&lt;script&gt;" in (t := front(supabase)) and t)

    assert "<script>" not in page


def front(supabase):
    return requests.get(supabase.url, timeout=5).text


def test_every_fault_of_the_settings_is_told_at_once(start):
    supabase = start(
        "devstack.supabase",
        "SUPABASE_STANDIN_BIND",
        wait=False,
        WEBHOOK_SECRET=",",
        SUPABASE_STANDIN_TOKEN_SECONDS="soon",
    )

    until(lambda: not supabase.running)

    for name in (
        "SUPABASE_SERVICE_ROLE_KEY",
        "VITE_SUPABASE_ANON_KEY",
        "WEBHOOK_SECRET",
        "SUPABASE_STANDIN_DATA_DIR",
        "SUPABASE_STANDIN_TOKEN_SECONDS",
    ):
        assert f"{name}: " in supabase.output()
