"""The bodies that are held at once have a bound."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import ServiceUnavailable

from ingest_service import bodies

LARGE = bodies.LARGE_BYTES + 1


class Body:
    """A body in whose midst another request comes, `others` in all."""

    def __init__(self, others):
        self.others = others

    def read(self, size):
        if self.others:
            read(LARGE, others=self.others - 1)
        return b"x" * size


def read(length, *, others=0):
    environ = {"CONTENT_LENGTH": str(length), "wsgi.input": Body(others)}
    return bodies.read(environ, max_bytes=2 * LARGE)


def test_as_many_large_bodies_are_read_at_once_as_there_is_room_for():
    assert read(LARGE, others=bodies.LARGE_AT_ONCE - 1)


def test_large_body_too_many_is_told_to_come_again_and_a_small_one_is_read(monkeypatch):
    monkeypatch.setattr(bodies, "LARGE_PATIENCE", 0.01)

    with pytest.raises(ServiceUnavailable) as raised:
        # Not by way of `Body`: an error in mid-read is a broken body.
        hold(bodies.LARGE_AT_ONCE, then=lambda: read(LARGE))

    assert ("Retry-After", "1") in raised.value.get_headers()
    hold(bodies.LARGE_AT_ONCE, then=lambda: read(bodies.LARGE_BYTES))


def hold(count, *, then):
    if not count:
        return then()
    with bodies.turn(LARGE):
        return hold(count - 1, then=then)
