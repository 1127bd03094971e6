"""A request is called by one id: in its answer, in its problem, and in the log."""

from __future__ import annotations

import json
import re
import uuid

import pytest
import requests

from tests.plugins.services import signed, until
from tests.plugins.sockets import Client, login

HEX = re.compile(r"[0-9a-f]{32}")
# Fixed: each worker of a parallel run must collect the same tests.
ID = uuid.UUID("c1c09530-1a31-4488-b579-06b2f8cb59b8")
SANE = (str(ID), ID.hex, str(ID).upper())
ODD = ("", "1", "ada@artist.test", "eyJhbGciOi.x.y", "0" * 33, "0" * 32 + "-", "g" * 32)


def lines(process, request_id):
    told = [each for each in process.output().splitlines() if request_id in each]
    return [json.loads(each) for each in told]


def asked(process, path, **words):
    return requests.request(
        words.pop("method", "GET"), f"{process.url}{path}", timeout=5, **words
    )


@pytest.mark.parametrize("given", SANE)
def test_senders_id_is_kept_where_it_is_a_uuid(ingest, given):
    body = b'{"type": "nonsense"}'
    answer = asked(
        ingest,
        "/webhook/submission-update",
        method="POST",
        data=body,
        headers=signed(body) | {"X-Request-Id": given},
    )

    assert answer.status_code == 422
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"] == given
    (line,) = until(lambda: lines(ingest, given))
    assert (line["event"], line["outcome"]) == ("webhook.taken", "refused")


def test_gateway_calls_a_request_by_its_senders_id_or_makes_one(gateway):
    for given in (*SANE, *ODD):
        answer = asked(gateway, "/api/submissions", headers={"X-Request-Id": given})

        name = answer.headers["X-Request-Id"]
        assert answer.status_code == 401
        assert answer.json()["request_id"] == name
        assert name == given if given in SANE else HEX.fullmatch(name)
    first = until(lambda: lines(gateway, SANE[0]))
    assert [(each["event"], each["route"], each["status"]) for each in first] == [
        ("request.answered", "/api/submissions", 401)
    ]
    assert "artist.test" not in gateway.output()


def test_ingest_makes_an_id_where_the_sender_has_none_that_is_one(ingest):
    for given in ODD:
        answer = asked(
            ingest,
            "/webhook/submission-update",
            method="POST",
            headers={"X-Request-Id": given},
        )
        assert HEX.fullmatch(answer.headers["X-Request-Id"])
    assert "artist.test" not in ingest.output()


def test_line_of_a_request_names_its_route_and_nothing_that_was_in_its_path(
    gateway, supabase
):
    headers = {"Authorization": f"Bearer {login(supabase, 'admin@melotech.test')}"}
    until(lambda: asked(gateway, "/ready").ok)
    for path in ("/api/submissions/ID-OF-ONE/history", "/api/PATH-OF-NOBODY"):
        asked(gateway, path, headers=headers)

    told = until(
        lambda: len(found := lines(gateway, "request.answered")) == 2 and found
    )
    assert [each["route"] for each in told] == ["/api/submissions/{id}/history", None]
    assert "OF-ONE" not in gateway.output()
    assert "OF-NOBODY" not in gateway.output()
    assert "/ready" not in gateway.output()


def test_lines_about_refused_requests_are_few_however_many_come(gateway):
    for _ in range(100):
        asked(gateway, "/api/submissions")

    assert 5 <= len(lines(gateway, "request.answered")) < 60


async def test_handshake_of_a_socket_has_an_id_that_its_line_has_too(gateway, supabase):
    async with Client(gateway, "admin", headers={"X-Request-Id": SANE[1]}) as admin:
        await admin.auth(login(supabase, "admin@melotech.test"))
        await admin.next("welcome")
        assert admin.ws._response.headers["X-Request-Id"] == SANE[1]

    (joined,) = [e for e in lines(gateway, SANE[1]) if e["event"] == "socket.joined"]
    assert joined["connection_id"]
