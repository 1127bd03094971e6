"""What stands in a request beside its body: query, `Last-Event-ID`, ids and addresses.

The input's lines are, in this order: the query, `Last-Event-ID`, and what goes into
`X-Request-Id`, `X-Forwarded-For`, Authorization and the path of a socket.
"""

from __future__ import annotations

import re
from contextlib import suppress
from types import SimpleNamespace
from typing import cast

from aiohttp import web
from yarl import URL

from realtime_gateway import protocol
from realtime_gateway.access import bearer_token
from realtime_gateway.admission import Refusal, address_of
from realtime_gateway.api import cursors, events, parameters
from realtime_gateway.api.cursors import History, Snapshot
from realtime_gateway.api.problems import Problem
from realtime_gateway.api.replay import TYPES
from shared import peers, request_ids
from shared.errors import Malformed
from tests.fuzz.target import Target

_UUID = re.compile(r"[0-9a-fA-F-]{32,36}")


def check(data: bytes) -> None:
    """Raise where a request is taken wrongly, or another error comes."""
    lines = [line.decode("utf-8", "surrogateescape") for line in data.split(b"\n")]
    query, last, name, hops, authorization, path = (lines + [""] * 6)[:6]
    _check_query(query, last)
    assert _UUID.fullmatch(request_ids.request_id(name))
    found = peers.client_address("127.0.0.1", [hops, name], peers.LOOPBACK)
    assert found is None or peers.as_counted(found.partition("/")[0]) == found
    token = bearer_token(authorization)
    assert token is None or authorization.lower().startswith("bearer")
    with suppress(Refusal):
        assert address_of(path) is not None


def _check_query(query: str, last: str) -> None:
    try:
        # As the server's parser makes it; what it refuses reaches nobody.
        url = URL.build(path="/api/events", query_string=query, encoded=True)
        pairs = list(url.query.items())
    except ValueError:
        return
    request = SimpleNamespace(query=url.query, headers={"Last-Event-ID": last})
    with suppress(Problem):
        _check_asked(events.asked_for(cast(web.Request, request)))
    with suppress(Malformed):
        _check_asked(protocol.auth_of("t", dict(pairs)), by_socket=True)
    for name, value in pairs[:4]:
        _check_parameter(name, value)


def _check_asked(auth: protocol.Auth, *, by_socket: bool = False) -> None:
    assert auth.max_rate is None or 0.01 <= auth.max_rate <= 1_000
    if auth.since is not None:
        # It is looked up in a database.
        auth.since.encode()
        assert by_socket or parameters.is_plain(auth.since)


def _check_parameter(name: str, value: str) -> None:
    given = {name: value}
    for read in (
        lambda: parameters.read([(name, value)], ["since", "limit"]),
        lambda: parameters.identifier(given, name),
        lambda: parameters.page_size({"limit": value}),
        lambda: parameters.choice(given, name, TYPES),
        lambda: _check_cursor(Snapshot, value),
        lambda: _check_cursor(History, value),
    ):
        with suppress(Problem):
            read()


def _check_cursor(kind: type[Snapshot] | type[History], text: str) -> None:
    found = cursors.read(kind, text)
    assert found is not None
    found.after.encode()
    assert parameters.is_plain(found.after)
    assert cursors.read(kind, cursors.write(found)) == found


_SNAPSHOT = cursors.write(Snapshot("s-1", "evt_1"))
_HISTORY = cursors.write(History("evt_1"))

TARGET = Target(
    name="requests",
    check=check,
    seeds=[
        b"since=evt_1&max_rate=2.5&status=approved&artist_id=a-1\nevt_2\n"
        b"0123456789abcdef0123456789abcdef\n203.0.113.9, [2001:db8::1]:443\n"
        b"Bearer a.b.c\nartist/u-1",
        f"cursor={_SNAPSHOT}&limit=500\n\n\n\n\nadmin".encode(),
        f"x={_HISTORY}&cursor={_HISTORY}&type=email.failed".encode(),
    ],
    words=[
        *(b"\n", b"&", b"=", b"%", b"%00", b"%ff", b"%ed%a0%80", b"%F0%9F%8E%A7", b"+"),
        *(
            b"nan",
            b"inf",
            b"1e999",
            b"-0",
            b"0x1",
            b"1_0",
            b"\xff",
            b"\xc2\xb2",
            b"\x00",
        ),
        *(b"::1", b"::ffff:1.2.3.4", b"%eth0", b":99999", b"[", b"]", b",", b"Bearer "),
        *(
            b"since=",
            b"limit=",
            b"cursor=",
            b"submission_id=",
            b"A" * 210,
            b"/",
            b";",
            b"#",
        ),
    ],
)
