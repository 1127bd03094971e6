"""Our ingest on one node and on three, side by side: short bursts, shuffled."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.ingest.bus import Bus
from bench.ingest.contest import Entrant, program_of
from bench.ingest.loads import Load
from bench.ingest.samples import Sample
from bench.ingest.sender import Leave
from bench.ingest.sender import run as send
from bench.ingest.servers import Server
from bench.remote import Remote
from devstack.broker.cluster import PrivateCluster
from devstack.broker.private import PrivateBroker
from shared.amqp.nodes import addresses_of
from shared.topology import TOPOLOGY

ONE, THREE = "one node", "three nodes"
SERVERS = tuple(Server(name=name, words=("ingest_service",)) for name in (ONE, THREE))

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All samples, and the memory of each broker process in MiB, by server."""

    samples: Sequence[Sample]
    memory: dict[str, list[float]]


def run(
    loads: Sequence[Load], *, turns: int, seconds: float, folder: Path, say: Say
) -> Outcome:
    """Measure; raise NotAccepted where a webhook was not accepted and published."""
    samples: list[Sample] = []
    with ExitStack() as stack:
        say("starting the brokers")
        single = stack.enter_context(PrivateBroker(folder / "single"))
        cluster = stack.enter_context(PrivateCluster(folder / "cluster"))
        pids = {ONE: _pids(single), THREE: _pids(*cluster.nodes)}
        sender = Remote(send)
        stack.callback(sender.join)
        stack.callback(sender.dismiss, Leave())
        secret = secrets.token_hex(32)
        entrants = []
        for server, url in zip(SERVERS, (single.url, cluster.url), strict=True):
            bus = stack.enter_context(Bus(addresses_of(url)[0]))
            program = program_of(server, url, secret, folder)
            stack.enter_context(program)
            program.wait_ready()
            mine = pids[server.name]
            entrants.append(Entrant(server, program, sender, bus, mine, secret))
        cluster.wait_until_whole(*(queue.name for queue in TOPOLOGY.queues))
        for turn in range(turns):
            say(f"turn {turn + 1} of {turns}")
            for load in random.sample(loads, len(loads)):
                samples += [
                    entrant.measure(load, turn, seconds)
                    for entrant in random.sample(entrants, len(entrants))
                ]
        memory = {name: list(map(_mebibytes, each)) for name, each in pids.items()}
    return Outcome(samples=samples, memory=memory)


def _pids(*nodes: PrivateBroker) -> tuple[int, ...]:
    return tuple(node.pid for node in nodes if node.pid is not None)


def _mebibytes(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 2**20
