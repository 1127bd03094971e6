"""What hostile inputs are made of, and the inputs that a search begins with."""

from __future__ import annotations

import json

from tests.plugins.documents import ROOT

SAMPLES, VECTORS = ROOT / "tests" / "samples", ROOT / "tests" / "vectors"

#: Depth, numbers without end, halves of characters, encodings, and two of a key.
JSON = (
    *(sign.encode() for sign in '{}[]",:\\'),
    *(b"null", b"true", b"0", b"-1", b"1e999", b"1.10", b"NaN", b"Infinity", b'""'),
    b"9" * 40,
    b"9" * 5_000,
    b"1e" + b"9" * 30,
    b"[" * 70,
    b"[" * 2_000,
    b'{"a":' * 70,
    b'"id":"1",',
    b'"id":"2",',
    b'"\\u0069d":3,',
    rb"\ud800",
    rb"\udc00",
    rb"\ud83c\udfa7",
    rb"\u0000",
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    "é🎧".encode(),
    "\u2028\u202e".encode(),
)


def bodies() -> list[bytes]:
    """Return bodies as pg_net sends them."""
    return [path.read_bytes() for path in sorted(SAMPLES.glob("pg_net-*.json"))]


def client_messages() -> list[bytes]:
    """Return what clients say, right and wrong."""
    found = json.loads((VECTORS / "client_messages.json").read_text())
    return [each["text"].encode() for kind in found.values() for each in kind]


def bus_events() -> list[bytes]:
    """Return events as they are on the bus."""
    found = json.loads((VECTORS / "server_messages.json").read_text())
    return [each["event"].encode() for each in found["told"]]
