"""The stand-ins over HTTP, as the dashboard, the services and a person use them."""

from __future__ import annotations

import socket
import threading

import pytest
import requests

from tests.plugins.services import (
    ANON_KEY,
    DOMAIN,
    MAILGUN_KEY,
    SERVICE_KEY,
    start_supabase,
    until,
)

SERVICE = {"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"}


def session(supabase, name):
    answer = requests.post(
        f"{supabase.url}/auth/v1/token?grant_type=password",
        headers={"apikey": ANON_KEY},
        json={"email": f"{name}@melotech.test", "password": "melotech"},
        timeout=5,
    )
    assert answer.status_code == 200
    return answer.json()


def person(supabase, name):
    token = session(supabase, name)["access_token"]
    return {"apikey": ANON_KEY, "Authorization": f"Bearer {token}"}


def rest(supabase, method, path, headers, **kwargs):
    url = f"{supabase.url}/rest/v1/{path}"
    return requests.request(method, url, headers=headers, timeout=5, **kwargs)


def test_wrong_password_is_refused_as_gotrue_does(supabase):
    answer = requests.post(
        f"{supabase.url}/auth/v1/token?grant_type=password",
        json={"email": "ada@melotech.test", "password": "wrong"},
        timeout=5,
    )

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "invalid_credentials"


def test_refresh_token_is_good_again_for_who_lost_the_answer(supabase):
    url = f"{supabase.url}/auth/v1/token?grant_type=refresh_token"
    token = {"refresh_token": session(supabase, "ada")["refresh_token"]}

    first = requests.post(url, json=token, timeout=5)
    second = requests.post(url, json=token, timeout=5)

    assert first.status_code == 200
    assert first.json()["user"]["email"] == "ada@melotech.test"
    # For seconds (tests/unit/devstack/test_supabase_accounts.py), as with Supabase.
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first.json()["refresh_token"]


def test_user_shows_whose_token_it_is_and_tokens_outlive_a_restart(supabase):
    headers = person(supabase, "ben")
    supabase.stop()
    supabase.start()

    answer = requests.get(f"{supabase.url}/auth/v1/user", headers=headers, timeout=5)

    assert answer.json()["email"] == "ben@melotech.test"
    forged = headers | {"Authorization": headers["Authorization"][:-3] + "AAA"}
    refused = requests.get(f"{supabase.url}/auth/v1/user", headers=forged, timeout=5)
    assert refused.status_code == 403


def test_admin_look_up_is_for_the_service_key(supabase):
    user = rest(supabase, "GET", "users?email=eq.ada@melotech.test", SERVICE).json()[0]
    url = f"{supabase.url}/auth/v1/admin/users/{user['authid']}"

    found = requests.get(url, headers=SERVICE, timeout=5)

    assert user["id"] != user["authid"]
    assert found.json()["email"] == "ada@melotech.test"
    assert requests.get(url, timeout=5).status_code == 401
    ada = person(supabase, "ada")
    assert requests.get(url, headers=ada, timeout=5).status_code == 403
    unknown = url[:-4] + "ffff"
    assert requests.get(unknown, headers=SERVICE, timeout=5).status_code == 404


def test_artists_see_their_own_rows_and_admins_all(supabase):
    every = rest(supabase, "GET", "submissions", person(supabase, "admin")).json()
    own = rest(supabase, "GET", "submissions", person(supabase, "ada")).json()
    anonymous = rest(supabase, "GET", "submissions", {"apikey": ANON_KEY}).json()

    assert len(every) == 12
    assert 0 < len(own) < 12
    assert len({row["userid"] for row in own}) == 1
    assert anonymous == []
    assert rest(supabase, "GET", "submissions", {}).status_code == 401


def test_artists_may_submit_for_themselves_and_decide_nothing(supabase):
    ada = person(supabase, "ada")
    own = rest(supabase, "GET", "submissions?limit=1", ada).json()[0]
    track = {"title": "New", "userid": own["userid"]}

    made = rest(
        supabase,
        "POST",
        "submissions",
        ada | {"Prefer": "return=representation"},
        json=track,
    )
    decided = rest(
        supabase,
        "PATCH",
        f"submissions?id=eq.{own['id']}",
        ada,
        json={"status": "approved"},
    )
    foreign = rest(
        supabase, "POST", "submissions", ada, json={"title": "X", "userid": "other"}
    )

    assert made.status_code == 201
    assert made.json()[0]["status"] == "pending"
    assert decided.status_code == 403
    assert foreign.status_code == 403


def test_update_and_delete_need_a_filter_and_return_what_they_did(supabase):
    headers = SERVICE | {"Prefer": "return=representation"}
    row = rest(supabase, "GET", "submissions?limit=1", SERVICE).json()[0]
    one = f"submissions?id=eq.{row['id']}"

    updated = rest(supabase, "PATCH", one, headers, json={"rating": 7}).json()[0]
    quiet = rest(supabase, "PATCH", one, SERVICE, json={"rating": 8})
    deleted = rest(supabase, "DELETE", one, headers).json()[0]

    assert updated["rating"] == 7
    assert updated["updated_at"] > row["updated_at"]
    assert (quiet.status_code, quiet.content) == (204, b"")
    assert deleted["rating"] == 8
    assert rest(supabase, "DELETE", "submissions", headers).status_code == 400
    single = SERVICE | {"Accept": "application/vnd.pgrst.object+json"}
    gone = rest(supabase, "GET", one, single)
    assert (gone.status_code, gone.json()["code"]) == (406, "PGRST116")


def test_browsers_of_any_origin_may_call_supabase(supabase):
    answer = requests.options(
        f"{supabase.url}/rest/v1/submissions",
        headers={
            "Origin": "http://localhost:5173",
            "Access-Control-Request-Headers": "apikey,authorization",
        },
        timeout=5,
    )

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "apikey" in answer.headers["Access-Control-Allow-Headers"]


class Sink(threading.Thread):
    """A socket that keeps what it is sent and answers 500: nobody tries again."""

    def __init__(self):
        super().__init__(daemon=True)
        self.requests = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]

    def run(self):
        while True:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            with peer:
                self.requests.append(self._read(peer))
                peer.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")

    def _read(self, peer):
        data = b""
        while b"\r\n\r\n" not in data:
            data += peer.recv(65_536)
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.rpartition(b"Content-Length: ")[2])
        while len(body) < length:
            body += peer.recv(65_536)
        return head, body

    def close(self):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.join(5)


@pytest.fixture
def sink():
    sink = Sink()
    sink.start()
    yield sink
    sink.close()


def test_each_changed_row_is_one_webhook_and_a_refused_one_is_not_repeated(
    start, tmp_path, sink
):
    url = f"http://127.0.0.1:{sink.port}/webhook/submission-update"
    supabase = start_supabase(start, tmp_path, SUPABASE_STANDIN_WEBHOOK_URL=url)
    rest(
        supabase,
        "PATCH",
        "submissions?status=eq.pending",
        SERVICE,
        json={"status": "in-review"},
    )
    until(lambda: len(sink.requests) == 6)
    rest(supabase, "PATCH", "users?name=eq.Ada", SERVICE, json={"name": "Ada L."})
    rest(supabase, "POST", "submissions", SERVICE, json={"title": "Last"})

    until(lambda: len(sink.requests) == 7)

    head, body = sink.requests[-1]
    assert b'"type": "INSERT", "table": "submissions", "record": {' in body
    assert head.startswith(b"POST /webhook/submission-update HTTP/1.1\r\nHost: ")


def mail(mailgun, *, key=MAILGUN_KEY, domain=DOMAIN, **fields):
    form = {"from": "a@b.test", "to": "c@d.test", "subject": "S", "text": "T"} | fields
    return requests.post(
        f"{mailgun.url}/v3/{domain}/messages",
        auth=("api", key),
        data=form,
        timeout=5,
    )


def test_mail_is_queued_listed_and_shown_without_running_it(mailgun):
    answer = mail(mailgun, html="<script>alert(1)</script>")

    assert answer.json()["message"] == "Queued. Thank you."
    listed = requests.get(f"{mailgun.url}/api/messages", timeout=5).json()
    assert [each["id"] for each in listed] == [answer.json()["id"]]
    assert set(listed[0]) == {
        "id",
        "to",
        "from",
        "subject",
        "text",
        "html",
        "tags",
        "variables",
        "headers",
        "options",
        "received_at",
    }
    assert "/messages/1" in requests.get(mailgun.url, timeout=5).text
    page = requests.get(f"{mailgun.url}/messages/1", timeout=5).text
    assert "<script>" not in page
    assert "<iframe sandbox" in page


def test_wrong_key_domain_and_form_have_mailguns_answers(mailgun):
    assert mail(mailgun, key="wrong").status_code == 401
    assert mail(mailgun, domain="other.test").status_code == 404
    assert "valid address" in mail(mailgun, to="nobody").json()["message"]


def test_bad_days_are_switched_on_and_end_by_themselves(mailgun):
    def behave(**switches):
        url = f"{mailgun.url}/api/behaviour"
        return requests.post(url, json=switches, timeout=5).status_code

    assert behave(mode="status", status=429, times=1) == 200
    assert "try again after" in mail(mailgun).text
    assert mail(mailgun).status_code == 200
    behave(mode="accept_then_drop", times=1)
    with pytest.raises(requests.ConnectionError):
        mail(mailgun)
    behave(mode="drop", times=1)
    with pytest.raises(requests.ConnectionError):
        mail(mailgun)
    kept = requests.get(f"{mailgun.url}/api/messages", timeout=5).json()
    assert len(kept) == 2
    assert behave(mode="sulk") == 400
