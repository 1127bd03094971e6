"""All servers of one number of clients side by side: start, let in, take turns."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.fanout.bus import BrokerBus, LocalBus
from bench.fanout.samples import Arrival, Sample
from bench.fanout.servers import GATEWAY, LOCAL, Mode, Server
from bench.fanout.stage import Stage
from bench.fanout.supabase import Supabase
from bench.programs import Program
from devstack.broker.private import PrivateBroker
from devstack.free_port import free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long, how often, with how many."""

    servers: tuple[Server, ...]
    modes: tuple[Mode, ...]
    clients: tuple[int, ...]
    turns: int
    seconds: float
    quiet: float
    client_processes: int


@dataclass(frozen=True, slots=True)
class Results:
    """All that was measured."""

    samples: list[Sample]
    arrivals: list[Arrival]


Say = Callable[[str], None]


def run(plan: Plan, folder: Path, say: Say) -> Results:
    """Measure all servers at each number of clients, on a broker of their own."""
    # A bus for each server: none reads what another is sent.
    names = [_place(n, server) for n in plan.clients for server in plan.servers]
    results = Results([], [])
    say("starting a broker and a Supabase stand-in")
    with (
        PrivateBroker(folder / "broker", vhosts=names) as broker,
        Supabase(folder / "supabase") as supabase,
    ):
        for clients in plan.clients:
            with _Contest(plan, clients, folder, broker, supabase) as contest:
                contest.start(say)
                contest.take_turns(results, say)
    return results


def _place(clients: int, server: Server) -> str:
    return f"{clients}-{server.name}"


class _Contest:
    """The servers with `clients` clients each; all end with the `with` block."""

    def __init__(
        self,
        plan: Plan,
        clients: int,
        folder: Path,
        broker: PrivateBroker,
        supabase: Supabase,
    ) -> None:
        self._plan = plan
        self._clients = clients
        self._folder = folder
        self._broker = broker
        self._supabase = supabase
        self._stack = ExitStack()
        self._stages: list[tuple[Stage, Arrival]] = []

    def start(self, say: Say) -> None:
        """Start all, then let the clients in, one server after the other."""
        ports = [(free_port(), free_port()) for _ in self._plan.servers]
        programs = [
            self._program(server, *pair)
            for server, pair in zip(self._plan.servers, ports, strict=True)
        ]
        for server, program, (_, local) in zip(
            self._plan.servers, programs, ports, strict=True
        ):
            say(f"{self._clients} clients: {server.name}")
            program.wait_ready()
            stage = self._stage(server, program, local)
            self._stages.append((stage, stage.let_in(self._plan.quiet)))

    def take_turns(self, results: Results, say: Say) -> None:
        """Measure in shuffled order; at the end look at the memory once more."""
        for turn in range(self._plan.turns):
            say(f"{self._clients} clients: turn {turn + 1} of {self._plan.turns}")
            for mode in random.sample(self._plan.modes, len(self._plan.modes)):
                results.samples.extend(self._samples(mode, turn))
        results.arrivals.extend(
            replace(arrival, after_kib=stage.kib_per_client())
            for stage, arrival in self._stages
        )

    def _samples(self, mode: Mode, turn: int) -> list[Sample]:
        inside = [s for s, _ in self._stages if mode.name in s.server.modes]
        return [
            stage.measure(mode, turn, self._plan.seconds)
            for stage in random.sample(inside, len(inside))
        ]

    def _program(self, server: Server, port: int, local: int) -> Program:
        place = self._folder / _place(self._clients, server)
        place.mkdir()
        url = self._broker.plan.url(place.name)
        if server.way == GATEWAY:
            words = ["realtime_gateway"]
            environ = self._supabase.gateway(port, url, place) | dict(server.environ)
        else:
            feed = str(local) if server.feed == LOCAL else server.feed
            words = ["bench.fanout.baseline", server.way, str(port), feed]
            environ = {"RABBITMQ_URL": url}
        program = Program(words, port=port, environ=environ, log=place / "log")
        return self._stack.enter_context(program)

    def _stage(self, server: Server, program: Program, local: int) -> Stage:
        url = self._broker.plan.url(_place(self._clients, server))
        bus = LocalBus(local) if server.feed == LOCAL else BrokerBus(url)
        self._stack.callback(bus.close)
        stage = Stage(
            server,
            program,
            bus,
            clients=self._clients,
            client_processes=self._plan.client_processes,
            token=self._supabase.token() if server.way == GATEWAY else None,
        )
        self._stack.callback(stage.close)
        return stage

    def __enter__(self) -> Self:
        """End everything with the block, however it ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Send the clients home, stop the servers."""
        self._stack.close()
