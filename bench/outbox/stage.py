"""The whole path of a run: database, ingest or relay, broker, gateway, one socket."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.fanout.supabase import Supabase
from bench.outbox.database import Database, database
from bench.outbox.ways import Pace, Way
from bench.outbox.writer import Listener, measure
from bench.programs import Program
from devstack.broker.private import PrivateBroker
from devstack.free_port import free_port

Say = Callable[[str], None]
SETTLE_DEADLINE = 30.0


@dataclass(frozen=True, slots=True)
class Result:
    """The commits of one way at one pace, in milliseconds to the frame."""

    way: str
    pace: str
    milliseconds: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Stack:
    database: Database
    bus_url: str
    ingest: int
    gateway: int
    secret: str
    token: str


def run(
    ways: Sequence[Way], paces: Sequence[Pace], folder: Path, say: Say
) -> list[Result]:
    """Measure every way at every pace, one after the other on one stack."""
    results = []
    say("starting PostgreSQL, RabbitMQ, ingest and gateway")
    with _stack(folder) as stack:
        for way in ways:
            with _arranged(stack, way, folder):
                for pace in paces:
                    say(f"{way.name}: {pace.name}")
                    results.append(asyncio.run(_measured(stack, way, pace)))
    return results


async def _measured(stack: _Stack, way: Way, pace: Pace) -> Result:
    url = f"http://127.0.0.1:{stack.gateway}"
    async with (
        aiohttp.ClientSession() as session,
        Listener(session, url, stack.token) as listener,
    ):
        found = await measure(stack.database.dsn, listener, pace)
    return Result(way.name, pace.name, found)


@contextmanager
def _stack(folder: Path) -> Iterator[_Stack]:
    secret, ports = secrets.token_hex(32), (free_port(), free_port())
    with (
        database(folder) as made,
        PrivateBroker(folder / "broker") as broker,
        Supabase(folder / "supabase") as supabase,
        Program(
            ["ingest_service"],
            port=ports[0],
            environ={
                "RABBITMQ_URL": broker.url,
                "WEBHOOK_SECRET": secret,
                "INGEST_BIND": f"127.0.0.1:{ports[0]}",
                "INGEST_DATA_DIR": str(folder / "ingest"),
            },
            log=folder / "ingest.log",
        ) as ingest,
        Program(
            ["realtime_gateway"],
            port=ports[1],
            environ=supabase.gateway(ports[1], broker.url, folder),
            log=folder / "gateway.log",
        ) as gateway,
    ):
        ingest.wait_ready()
        gateway.wait_ready()
        yield _Stack(made, broker.url, *ports, secret, supabase.token())


@contextmanager
def _arranged(stack: _Stack, way: Way, folder: Path) -> Iterator[None]:
    url = f"http://127.0.0.1:{stack.ingest}/webhook/submission-update"
    stack.database.push_to(url if way.push else "", stack.secret)
    if not way.relay:
        yield
    else:
        port = free_port()
        environ = {
            "RABBITMQ_URL": stack.bus_url,
            "OUTBOX_DATABASE_URL": stack.database.dsn,
            "RELAY_BIND": f"127.0.0.1:{port}",
        }
        words, log = ["ingest_service.outbox_relay"], folder / f"{way.name}.log"
        with Program(words, port=port, environ=environ, log=log) as relay:
            relay.wait_ready()
            yield
    until = time.monotonic() + SETTLE_DEADLINE
    while stack.database.undelivered() and time.monotonic() < until:
        time.sleep(0.1)
