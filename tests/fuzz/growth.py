"""How the time of each reader grows with the size of the worst inputs we know."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

from ingest_service.intake import Accepted, Endpoint, Request, decide, traceparent_of
from mailer_worker.letters.rendering import Letters
from mailer_worker.mailgun import answers
from realtime_gateway import protocol, tokens
from realtime_gateway.api import cursors
from realtime_gateway.api.problems import Problem
from shared import addresses, events, peers, signature, supabase, unsubscribe
from shared.errors import MeloTechError
from shared.versions import microseconds
from tests.fuzz.targets import payloads as fuzzed

SIZES = (65_536, 262_144, 1_048_576)
REPEATS = 3

Shape = Callable[[int], bytes]


def table() -> Iterator[str]:
    """Yield a line for each reader and shape: milliseconds, and the growth at the end.

    Four times the size should take about four times as long.
    """
    yield f"{'reader':14}{'shape':22}{'64 kB':>10}{'256 kB':>10}{'1 MB':>10}  growth"
    for reader, read, shapes in _CASES:
        for name, shape in shapes.items():
            times = [_time(read, shape(size)) for size in SIZES]
            shown = "".join(f"{each * 1000:10.2f}" for each in times)
            growth = times[-1] / max(times[-2], 1e-7)
            yield f"{reader:14}{name:22}{shown}  {growth:6.1f}"


def _time(read: Callable[[bytes], object], data: bytes) -> float:
    best = float("inf")
    for _ in range(REPEATS):
        started = time.process_time()
        with suppress(MeloTechError, Problem, ValueError):
            read(data)
        best = min(best, time.process_time() - started)
    return best


def _times(piece: bytes) -> Shape:
    return lambda size: piece * (size // len(piece))


def _row(inside: Shape) -> Shape:
    return lambda size: (
        b'{"type":"UPDATE","table":"submissions","record":{"id":"1","status":"a",'
        + inside(size // 2)
        + b'},"old_record":{"id":"1","status":"b",'
        + inside(size // 2)
        + b"}}"
    )


def _columns(size: int) -> bytes:
    return b",".join(b'"c%06d":%d' % (n, n) for n in range(size // 16))


def _one(opening: bytes, piece: bytes, closing: bytes) -> Shape:
    return lambda size: opening + piece * (size // len(piece)) + closing


JSON: dict[str, Shape] = {
    "columns": _row(_columns),
    "long text": _row(_one(b'"x":"', b"x", b'"')),
    "backslashes": _row(_one(b'"x":"', b"\\\\", b'"')),
    "quotes left open": _times(b'["'),
    "escapes": _row(_one(b'"x":"', b"\\u00e9", b'"')),
    "digits": _row(_one(b'"x":', b"9", b"")),
    "brackets": _times(b"["),
    "pairs of brackets": _row(_one(b'"x":[', b"[],", b"0]")),
    "keys of one name": _row(_one(b"", b'"a":1,', b'"b":1')),
    "white space": _row(_one(b'"x":', b" ", b"1")),
}

TEXT: dict[str, Shape] = {
    "letters": _times(b"a"),
    "@": _times(b"a@"),
    "letters, one @": _one(b"a@", b"b", b";"),
    "labels": _one(b"a@", "ü.".encode(), b"de"),
    "one label": _one(b"a@", "ü".encode(), b".de"),
    "white space": _times(b" \t"),
    "commas": _times(b","),
    "dots": _times(b"."),
    "hyphens": _times(b"-"),
    "signatures": _times(b"v1,AAAA "),
    "base64": _times(b"AAAA"),
    "digits": _times(b"9"),
    "accounts": _times(b"account "),
    "again": _times(b"try again after "),
    "markup": _times(b"<a href=http://"),
    "lines": _times(b"\n"),
}


def _decide(body: bytes) -> object:
    headers = {
        "content-type": "application/json",
        signature.PLAIN: signature.sign_plain(body, fuzzed.KEY),
    }
    request = Request(endpoint=Endpoint.UPDATE, body=body, headers=headers)
    decision = decide(request, fuzzed.RULES, now=fuzzed.NOW, new_id="evt_1")
    if isinstance(decision, Accepted):
        # All that it goes through until it is on a screen.
        event = events.decode(events.encode(decision.event))
        return protocol.update_of(protocol.tellable(event))
    return decision


_letters = Letters()


def _render(body: bytes) -> object:
    text = body.decode("utf-8", "replace")
    return _letters.render(
        "rejected", locale=text, title=text, feedback=text, unsubscribe_url=None
    )


def _headers(body: bytes) -> object:
    text = body.decode("latin-1")
    for name in ("x-signature", "webhook-signature", "webhook-id", "webhook-timestamp"):
        signature.verify(b"", {name: text}, keys=[b"k"], now=0.0, tolerance=1.0)
    traceparent_of(text)
    return peers.client_address("127.0.0.1", [text], peers.LOOPBACK)


def _address(body: bytes) -> object:
    address = addresses.one_address(body.decode())
    return addresses.key_of(address or body.decode()), events.mask(body.decode())


def _answer(body: bytes) -> object:
    text, now = body.decode(), datetime.now(UTC)
    return [answers.failure_of(status, text, text, now=now) for status in (400, 429)]


_CASES: list[tuple[str, Callable[[bytes], object], dict[str, Shape]]] = [
    ("webhook", _decide, JSON),
    ("bus event", events.decode, JSON),
    ("client", lambda body: protocol.read(body.decode()), JSON),
    ("Supabase", lambda body: supabase.read_submissions(200, b"[" + body + b"]"), JSON),
    ("key set", tokens.keys_in, JSON),
    ("headers", _headers, TEXT),
    ("address", _address, TEXT),
    ("reason", lambda body: events.without_addresses(body.decode()), TEXT),
    ("Mailgun", _answer, TEXT),
    ("mail", _render, TEXT),
    ("time", lambda body: microseconds(body.decode()), TEXT),
    ("link", lambda body: unsubscribe.read(body.decode(), [b"k"]), TEXT),
    ("cursor", lambda body: cursors.read(cursors.History, body.decode()), TEXT),
]
