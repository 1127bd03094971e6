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
from bench.outbox.database import ROWS, Database, database
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The whole path, running; `bus_url` is the broker's address."""

    database: Database
    bus_url: str
    ingest: Program
    gateway: Program
    secret: str
    token: str


def run(
    ways: Sequence[Way], paces: Sequence[Pace], folder: Path, say: Say
) -> list[Result]:
    """Measure every way at every pace, one after the other on one stack."""
    results = []
    say("starting PostgreSQL, RabbitMQ, ingest and gateway")
    with started(folder) as stack:
        for way in ways:
            with arranged(stack, way, folder):
                for pace in paces:
                    say(f"{way.name}: {pace.name}")
                    results.append(asyncio.run(_measured(stack, way, pace)))
    return results


async def _measured(stack: Stack, way: Way, pace: Pace) -> Result:
    url = f"http://127.0.0.1:{stack.gateway.port}"
    async with (
        aiohttp.ClientSession() as session,
        Listener(session, url, stack.token) as listener,
    ):
        found = await measure(stack.database.dsn, listener, pace)
    return Result(way.name, pace.name, found)


@contextmanager
def started(folder: Path, *, rows: int = ROWS) -> Iterator[Stack]:
    """Start all of it, with so many submissions; it ends with the block."""
    secret, ports = secrets.token_hex(32), (free_port(), free_port())
    with (
        database(folder, rows=rows) as made,
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
        yield Stack(
            database=made,
            bus_url=broker.url,
            ingest=ingest,
            gateway=gateway,
            secret=secret,
            token=supabase.token(),
        )


@contextmanager
def arranged(stack: Stack, way: Way, folder: Path) -> Iterator[Program | None]:
    """Let changes go this way within the block; yield the relay, where there is one."""
    url = f"http://127.0.0.1:{stack.ingest.port}/webhook/submission-update"
    stack.database.push_to(url if way.push else "", stack.secret)
    if not way.relay:
        yield None
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
            yield relay
    until = time.monotonic() + SETTLE_DEADLINE
    while stack.database.undelivered() and time.monotonic() < until:
        time.sleep(0.1)
