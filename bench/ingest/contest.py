"""All servers on one broker, side by side: short bursts, in shuffled order."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.ingest import http11
from bench.ingest.bus import Bus
from bench.ingest.loads import Load
from bench.ingest.samples import Sample
from bench.ingest.sender import Connect, Connected, Fire, Leave, Tally
from bench.ingest.sender import run as send
from bench.ingest.servers import WORKERS, Server
from bench.ingest.webhook import PATH
from bench.latency import percentile
from bench.programs import ROOT, Program, cpu_seconds
from bench.remote import Remote
from devstack.broker.private import PrivateBroker
from devstack.free_port import free_port
from shared import signature

#: An update of a row as pg_net sent it; the status changes, so both queues get it.
CAPTURED = ROOT / "tests" / "samples" / "pg_net-update.json"
WARM_UP_DEADLINE, TALLY_DEADLINE = 60.0, 60.0
#: What a server and the broker still do after a burst, in seconds.
COMING_TO_REST = 0.15
#: The bench measures cost: a busy machine must not turn it into refusals.
CONFIRM_DEADLINE_MS = 10_000

Say = Callable[[str], None]


class NotAccepted(Exception):
    """A server answered something else than 202, or published something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who, under which loads, how often, for how long."""

    servers: tuple[Server, ...]
    loads: tuple[Load, ...]
    turns: int
    seconds: float


def run(plan: Plan, folder: Path, say: Say) -> list[Sample]:
    """Measure; raise NotAccepted where a webhook was not accepted and published."""
    secret = secrets.token_hex(32)
    samples: list[Sample] = []
    with ExitStack() as stack:
        say("starting a broker")
        broker = stack.enter_context(PrivateBroker(folder / "broker"))
        assert broker.pid is not None
        bus = stack.enter_context(Bus(broker.url))
        sender = Remote(send)
        stack.callback(sender.join)
        stack.callback(sender.dismiss, Leave())
        entrants = []
        for server in plan.servers:
            say(f"starting {server.name}")
            program = program_of(server, broker.url, secret, folder)
            stack.enter_context(program)
            program.wait_ready()
            pids = (broker.pid,)
            entrants.append(Entrant(server, program, sender, bus, pids, secret))
        for turn in range(plan.turns):
            say(f"turn {turn + 1} of {plan.turns}")
            for load in random.sample(plan.loads, len(plan.loads)):
                samples += [
                    entrant.measure(load, turn, plan.seconds)
                    for entrant in random.sample(entrants, len(entrants))
                ]
    return samples


def program_of(server: Server, url: str, secret: str, folder: Path) -> Program:
    """Return the server as a program on the broker at `url`, not yet started."""
    port = free_port()
    place = folder / server.name
    place.mkdir()
    environ = {
        "RABBITMQ_URL": url,
        "WEBHOOK_SECRET": secret,
        "INGEST_BIND": f"127.0.0.1:{port}",
        "INGEST_WORKERS": str(WORKERS),
        "CONFIRM_DEADLINE_MS": str(CONFIRM_DEADLINE_MS),
        "INGEST_DATA_DIR": str(place / "data"),
    }
    words = [word.format(port=port) for word in server.words]
    return Program(words, port=port, environ=environ, log=place / "log")


@dataclass(frozen=True, slots=True)
class Entrant:
    """A server that is measured, with the broker's processes that work for it."""

    server: Server
    program: Program
    sender: Remote
    bus: Bus
    broker_pids: tuple[int, ...]
    secret: str

    def measure(self, load: Load, turn: int, seconds: float) -> Sample:
        """Return what one burst cost; raise NotAccepted."""
        order = Connect(port=self.program.port, request=self._request(), load=load)
        self.sender.say(order)
        warm = self.sender.hear(Connected, WARM_UP_DEADLINE)
        pids = self.program.pids()
        time.sleep(COMING_TO_REST)
        before = cpu_seconds(pids), cpu_seconds(self.broker_pids)
        self.sender.say(Fire(seconds))
        tally = self.sender.hear(Tally, seconds + TALLY_DEADLINE)
        after = cpu_seconds(pids), cpu_seconds(self.broker_pids)
        self._check(load, tally, warm.accepted + tally.accepted)
        time.sleep(COMING_TO_REST)
        by_request = 1e6 / tally.accepted
        return Sample(
            server=self.server.name,
            load=load.name,
            turn=turn,
            requests=tally.accepted,
            seconds=tally.seconds,
            cpu_us=(after[0] - before[0]) * by_request,
            broker_us=(after[1] - before[1]) * by_request,
            sender_us=tally.cpu_seconds * by_request,
            p50_ms=percentile(tally.latencies, 0.5),
            p99_ms=percentile(tally.latencies, 0.99),
        )

    def _request(self) -> bytes:
        body = CAPTURED.read_bytes()
        headers = {
            "Host": f"127.0.0.1:{self.program.port}",
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "pg_net/0.20.4",
            "X-Signature": signature.sign_plain(body, self.secret.encode()),
        }
        return http11.request(PATH, headers, body)

    def _check(self, load: Load, tally: Tally, accepted: int) -> None:
        where = f"{self.server.name}, {load.name}"
        if tally.others:
            raise NotAccepted(f"{where}: answers by status {dict(tally.others)}")
        published = self.bus.empty()
        if published != (accepted if self.server.publishes else 0):
            told = f"{accepted} accepted, {published} in the queue"
            raise NotAccepted(f"{where}: {told}")
