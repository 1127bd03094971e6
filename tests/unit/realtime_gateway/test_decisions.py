"""Who comes from where, what is compressed, who was sent away: decisions by table."""

from __future__ import annotations

import zlib
from dataclasses import replace
from ipaddress import ip_network

import pytest

from realtime_gateway import deflate, frames
from realtime_gateway.access import Identity, Seat, is_banned
from realtime_gateway.revocation import Revocations, concerned
from shared.events import RevocationData, RevocationEvent
from shared.peers import client_address
from tests.unit.realtime_gateway.conftest import ADMIN, PipeOutlet, connection

TRUSTED = [ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["1.2.3.4", "203.0.113.9, 10.1.1.1"], "203.0.113.9"),
        ("127.0.0.1", ["127.0.0.1"], "127.0.0.1"),
        ("127.0.0.1", ["2001:db8::1:2:3:4"], "2001:db8::/64"),
        ("127.0.0.1", ["[2001:db8::1]:443"], "2001:db8::/64"),
        ("127.0.0.1", ["203.0.113.9:443"], "203.0.113.9"),
        ("127.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("::ffff:127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", [], None),
        ("127.0.0.1", ["garbage"], None),
        ("203.0.113.1", ["1.2.3.4"], None),
        (None, ["1.2.3.4"], None),
    ],
)
def test_address_is_believed_only_as_far_as_trusted_proxies_tell_it(
    peer, forwarded, address
):
    assert client_address(peer, forwarded, TRUSTED) == address


@pytest.mark.parametrize(
    ("offer", "accepted"),
    [
        ("permessage-deflate", True),
        ("permessage-deflate; client_max_window_bits", True),
        ("permessage-deflate; client_max_window_bits=10", True),
        ("permessage-deflate; server_no_context_takeover", True),
        ("permessage-deflate; server_max_window_bits=15", False),
        ("permessage-deflate; server_max_window_bits=10", False),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", True),
        ("permessage-deflate; unknown", False),
        ("x-webkit-deflate-frame", False),
        ("", False),
        (None, False),
    ],
)
def test_compression_is_accepted_where_a_shared_frame_keeps_the_terms(offer, accepted):
    assert deflate.is_offered(offer) is accepted


@pytest.mark.parametrize("length", [0, 127, 128, 1_000, 70_000, 1_000_000])
def test_deflated_frames_stand_for_themselves_in_any_order(length):
    payload = (b'{"title":"caf\xc3\xa9 %d"}' * (length // 8))[:length]
    frame = frames.deflated_text("e", payload)
    header = {126: 4, 127: 10}.get(frame[1], 2)
    body = frame[header:]

    if frame[0] == 0x81:
        assert body == payload
        return
    assert frame[0] == 0xC1
    inflate = zlib.decompressobj(wbits=-15)
    tail = b"\x00\x00\xff\xff"
    for _ in range(3):  # a client keeps its context, and must not be misled by it
        assert inflate.decompress(body + tail) == payload


def test_event_of_a_stream_is_one_chunk_and_never_breaks_a_line():
    assert frames.server_sent_event("e1", b"{}") == b"11\r\nid: e1\ndata: {}\n\n\r\n"
    several = frames.server_sent_event("e1", b'{"a":\r\n\n1}')
    assert several.endswith(b'data: {"a":   1}\n\n\r\n')
    assert b"id:" not in frames.server_sent_event("e\nid: other", b"{}")


def revocation(time="2026-01-01T00:00:10.500Z", **data):
    return RevocationEvent(
        id="r",
        source="/t",
        type="access.revoked",
        subject="",
        time=time,
        data=RevocationData(**data),
    )


ADA = Seat(room="artist:users-ada", keys=("artist:auth-ada", "artist:users-ada"))
AT = 1_767_225_610  # 2026-01-01T00:00:10Z


@pytest.mark.parametrize(
    ("data", "seat", "issued_at", "covered"),
    [
        ({"user_id": "auth-ada"}, ADA, AT, True),
        ({"user_id": "users-ada"}, ADA, AT, True),
        ({"user_id": "auth-ada"}, ADA, AT + 5, True),  # clocks differ
        ({"user_id": "auth-ada"}, ADA, AT + 6, False),
        ({"user_id": "admin"}, ADMIN, AT, False),
        ({"user_id": "auth-ben"}, ADA, AT, False),
        ({"room": "artist:users-ada"}, ADA, AT, True),
        ({"room": "admin"}, ADMIN, AT, True),
        ({"room": "admin"}, ADA, AT, False),
        ({"connection_id": "c"}, ADA, AT, False),
    ],
)
def test_token_from_before_a_revocation_is_void(data, seat, issued_at, covered):
    revocations = Revocations()
    revocations.add(revocation(**data))
    identity = Identity(
        subject="auth-ada", issued_at=issued_at, expires_at=0, admin_by_token=False
    )

    assert revocations.covers(identity, seat) is covered


@pytest.mark.parametrize(
    ("data", "ended"),
    [
        ({"user_id": "s"}, 2),
        ({"user_id": "users-ada"}, 1),
        ({"room": "admin"}, 1),
        ({"room": "artist:auth-ada"}, 1),
        ({"connection_id": "c"}, 2),
        ({"connection_id": "d"}, 0),
    ],
)
def test_revocation_ends_whom_it_names(data, ended):
    both = [connection(PipeOutlet(), seat=seat) for seat in (ADMIN, ADA)]

    assert len(concerned(revocation(**data), both)) == ended


def test_older_revocation_that_is_read_again_does_not_let_anybody_back_in():
    revocations = Revocations()
    revocations.add(revocation(user_id="auth-ada"))
    revocations.add(revocation("2025-12-31T00:00:00Z", user_id="auth-ada"))
    identity = Identity(
        subject="auth-ada", issued_at=AT, expires_at=0, admin_by_token=False
    )

    assert revocations.covers(identity, ADA)


def test_revocation_that_is_read_again_spares_who_has_signed_in_since():
    member = connection(PipeOutlet())
    member.identity = replace(member.identity, issued_at=AT + 60)

    assert concerned(revocation(room="admin"), [member]) == []


@pytest.mark.parametrize(
    ("until", "banned"),
    [("2026-01-01T00:00:11Z", True), ("2026-01-01T00:00:09Z", False), (None, False)],
)
def test_ban_holds_until_it_ends(until, banned):
    assert is_banned(until, AT) is banned
