"""What the API refuses, and with what words; and which pages may read its answers."""

from __future__ import annotations

import http.client
import time
import uuid
from base64 import urlsafe_b64encode

import jwt
import pytest
import requests

from realtime_gateway.api import cursors
from realtime_gateway.api.cursors import History, Snapshot
from tests.plugins.api import Api
from tests.plugins.services import SERVICE_KEY, start_gateway, until
from tests.plugins.sockets import login

ADMIN, ADA = "admin@melotech.test", "ada@melotech.test"
HS256_SECRET = "the secret of a project that still signs with HS256"
PAGE = "http://dashboard.test"
STREAM = {"Accept": "text/event-stream"}


@pytest.fixture(scope="module")
def gateway_settings():
    return {"MAX_REQUESTS_PER_SECOND": "1000", "SUPABASE_JWT_SECRET": HS256_SECRET}


@pytest.fixture(scope="module")
def strict(start_for_module, bus_url_for_module, supabase, tmp_path_factory):
    return start_gateway(
        start_for_module,
        bus_url_for_module,
        supabase.url,
        tmp_path_factory.mktemp("strict"),
        MAX_REQUESTS_PER_SECOND="2",
        MAX_CONNECTIONS_PER_USER="1",
    )


@pytest.fixture(scope="module")
def admin(gateway, supabase):
    return Api(gateway, login(supabase, ADMIN))


def assert_problem(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    told = answer.json()
    assert (told["status"], bool(told["title"] and told["detail"])) == (status, True)
    return told


def forged(text):
    return urlsafe_b64encode(text).decode().rstrip("=")


@pytest.mark.parametrize(
    ("path", "params", "at_fault"),
    [
        ("submissions", {"limit": "0"}, "limit"),
        ("submissions", {"limit": "501"}, "limit"),
        ("submissions", {"limit": ["1", "2"]}, "limit"),
        ("submissions", {"offset": "1"}, "offset"),
        ("submissions", {"status": ""}, "status"),
        ("submissions", {"status": "a\x00b"}, "status"),
        ("submissions", {"artist_id": "x" * 201}, "artist_id"),
        ("submissions", {"x" * 500: "1"}, "x" * 50),
        ("submissions/1/history", {"since": "e"}, "since"),
        ("stats", {"minutes": "1441"}, "minutes"),
        ("stats", {"minutes": "1.5"}, "minutes"),
        ("events", {"type": "access.revoked"}, "type"),
        ("events", {"since": "x" * 201}, "since"),
    ],
)
def test_parameter_that_cannot_be_used_is_named(admin, path, params, at_fault):
    assert assert_problem(admin.ask(path, params), 400)["parameter"] == at_fault


@pytest.mark.parametrize(
    ("path", "cursor"),
    [
        ("submissions", ""),
        ("submissions", "x" * 5_000),
        ("submissions", forged(b"[" * 1_000)),
        ("submissions", forged(b'["submissions","a\\u0000",null]')),
        ("submissions", forged(b'["submissions","\xff",null]')),
        ("submissions", cursors.write(History("evt_1"))),
        ("submissions", cursors.write(Snapshot("1", "evt_unheard_of"))),
        ("submissions", cursors.write(Snapshot("no uuid", None))),
        ("submissions", cursors.write(Snapshot("1,or=(id.gt.0)", None))),
        ("submissions/{known}/history", cursors.write(Snapshot("1", None))),
        ("submissions/{known}/history", cursors.write(History("evt_unheard_of"))),
    ],
)
def test_cursor_that_is_not_ours_is_a_problem(admin, path, cursor):
    known = admin.get("submissions", limit=1)["items"][0]["id"]
    answer = admin.ask(path.format(known=known), {"cursor": cursor})

    assert assert_problem(answer, 400)["parameter"] == "cursor"


def test_odd_paths_lead_nowhere(admin):
    for place in ("%00/history", "%ff/history", "", "/history", "a/b/history", "a"):
        assert_problem(admin.ask(f"submissions/{place}"), 404)


@pytest.mark.parametrize("path", ["submissions", "submissions/1/history", "events"])
def test_methods_that_change_something_are_refused(admin, path):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = admin.ask(path, method=method)

        assert_problem(answer, 405)
        assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("path", "status"), [("submissions", 200), ("stats", 200), ("events", 405)]
)
def test_head_is_never_followed_by_a_body(admin, gateway, supabase, path, status):
    headers = {"Authorization": f"Bearer {login(supabase, ADMIN)}"} | STREAM
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=5)

    connection.request("HEAD", f"/api/{path}", headers=headers)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (status, b"")
    connection.request("GET", "/ready")
    assert connection.getresponse().read() == b'{"status": "ready"}'
    connection.close()


def hs256(**claims):
    standard = {"sub": str(uuid.uuid4()), "aud": "authenticated"}
    expiry = {"exp": time.time() + 600}
    return jwt.encode(standard | expiry | claims, HS256_SECRET, algorithm="HS256")


@pytest.mark.parametrize("path", ["submissions", "stats", "events", "events-stream"])
@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        (None, "Bearer"),
        ("Basic YTpi", "Bearer"),
        ("Bearer ", "Bearer"),
        ("Bearer not.a.token", 'Bearer error="invalid_token"'),
        (f"Bearer {SERVICE_KEY}", 'Bearer error="invalid_token"'),
        ("expired", 'Bearer error="invalid_token", error_description="expired"'),
    ],
)
def test_who_proves_nothing_is_challenged(gateway, path, authorization, challenge):
    headers = STREAM if path == "events-stream" else {}
    if authorization == "expired":
        authorization = f"Bearer {hs256(exp=time.time() - 60)}"
    if authorization:
        headers = headers | {"Authorization": authorization}
    url = f"{gateway.url}/api/{path.removesuffix('-stream')}"
    answer = requests.get(url, headers=headers, timeout=5)

    assert_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == challenge


def test_person_without_a_users_row_sees_what_is_theirs_nothing(gateway):
    stranger = Api(gateway, hs256())

    assert stranger.items("submissions") == []
    assert stranger.get("events")["items"] == []
    assert_problem(stranger.ask("submissions", {"artist_id": "ada"}), 403)


def refused(asking, said, **options):
    """Ask until it is refused with these words."""

    def ask():
        answer = asking.ask("events", **options)
        # An answer that refuses counts as false by itself.
        return [answer] if answer.status_code == 429 and said in answer.text else None

    return until(ask)[0]


def test_who_asks_too_often_is_told_when_to_come_back_and_others_are_served(
    strict, supabase
):
    admin, ada = (Api(strict, login(supabase, name)) for name in (ADMIN, ADA))

    answer = refused(admin, "requests a second")
    assert_problem(answer, 429)
    assert int(answer.headers["Retry-After"]) >= 1
    assert ada.ask("stats").status_code == 200
    until(lambda: admin.ask("stats").status_code == 200)


def test_one_stream_too_many_is_told_when_to_come_back(strict, supabase):
    ada = Api(strict, login(supabase, ADA))

    with ada.ask("events", headers=STREAM, stream=True) as first:
        assert next(first.iter_lines())
        answer = refused(ada, "too many by user", headers=STREAM)
    assert_problem(answer, 429)
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("path", "params", "headers", "status"),
    [
        ("submissions", {}, {}, 200),
        ("stats", {"minutes": "0"}, {}, 400),
        ("submissions", {}, {"Authorization": "none"}, 401),
        ("nothing", {}, {}, 404),
        ("events", {}, STREAM, 200),
    ],
)
def test_our_pages_may_read_every_answer_and_others_none(
    admin, path, params, headers, status
):
    for origin, allowed in ((PAGE, PAGE), ("http://evil.test", None)):
        asked = headers | {"Origin": origin}
        with admin.ask(path, params, headers=asked, stream=True) as answer:
            assert answer.status_code == status
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed
            assert answer.headers["Vary"] == "Origin"
            exposed = answer.headers.get("Access-Control-Expose-Headers")
            assert exposed == (allowed and "Retry-After, X-Request-Id")


def preflight(gateway, origin):
    headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    url = f"{gateway.url}/api/submissions"
    return requests.options(url, headers=headers, timeout=5).headers


def test_our_pages_may_send_a_token_and_others_are_not_told_so(gateway):
    ours = preflight(gateway, PAGE)
    assert ours["Access-Control-Allow-Origin"] == PAGE
    assert "GET" in ours["Access-Control-Allow-Methods"]
    allowed = ours["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "last-event-id"} <= set(allowed)
    other = preflight(gateway, "http://evil.test")
    assert not [name for name in other if name.startswith("Access-Control")]
