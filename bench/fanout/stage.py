"""A server at work with its clients: let them in, then measure it mode by mode."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from dataclasses import dataclass

from bench.fanout.audience import Audience
from bench.fanout.bus import Bus
from bench.fanout.changes import changes
from bench.fanout.crowd import Tally
from bench.fanout.samples import Arrival, Sample
from bench.fanout.servers import STREAM_MESSAGES_A_SECOND, Mode, Server
from bench.latency import percentile
from bench.programs import Program

ROUND_DEADLINE = 30.0
#: Fewer messages than this say nothing, however slow the pace.
MESSAGES_AT_LEAST = 8
WARM_UP_CLIENTS, WARM_UP_MESSAGES = 20, 5
#: What a server still does for those who have just left, in seconds.
LEAVING = 0.3
#: What is confirmed is with its reader so many seconds later.
HANDING_OVER = 0.01


class NotDelivered(Exception):
    """A server told its room too little, or something twice."""


@dataclass(frozen=True, slots=True)
class _Spent:
    """Readings at one moment: the clock, and the server's own time."""

    clock: float
    cpu: float
    user: float


class Stage:
    """`clients` connections to one server, and the bus that reaches it."""

    def __init__(
        self,
        server: Server,
        program: Program,
        bus: Bus,
        *,
        clients: int,
        client_processes: int,
        token: str | None,
    ) -> None:
        self.server = server
        self._program = program
        self._bus = bus
        self._clients = clients
        self._token = token
        self._changes = changes("b")
        self._messages = 0
        with Audience(client_processes) as visitors:
            self._join(visitors, WARM_UP_CLIENTS)
        time.sleep(LEAVING)
        # What a first client makes a server load is not the cost of each.
        self._empty_bytes = program.resident_bytes()
        self._audience = Audience(client_processes)

    def let_in(self, quiet: float) -> Arrival:
        """Connect everybody; say what it cost, and `quiet` seconds later what stays."""
        before = self._spent()
        seconds = self._join(self._audience, self._clients)
        spent = self._spent()
        time.sleep(quiet)
        arrival = Arrival(
            server=self.server.name,
            clients=self._clients,
            connects_a_second=self._clients / seconds,
            connect_cpu_us=(spent.cpu - before.cpu) * 1e6 / self._clients,
            idle_kib=self.kib_per_client(),
        )
        if self.server.way != "idle":
            for _ in range(WARM_UP_MESSAGES):
                self._round(1)
        return arrival

    def kib_per_client(self) -> float:
        """Return the memory that the clients cost the server now."""
        more = self._program.resident_bytes() - self._empty_bytes
        return more / self._clients / 1024

    def measure(self, mode: Mode, turn: int, seconds: float) -> Sample:
        """Run the server in this mode for about so many seconds; raise NotDelivered."""
        messages, before = self._messages, self._spent()
        if mode.at_once:
            tallies = self._lockstep(mode.at_once, seconds)
        else:
            tallies = [self._steadily(mode.deliveries_a_second, seconds)]
        after = self._spent()
        self._bus.settle()
        deliveries = tallies[-1].deliveries - messages * self._clients
        latencies = sum((tally.latencies for tally in tallies), Counter[int]())
        return Sample(
            server=self.server.name,
            clients=self._clients,
            mode=mode.name,
            turn=turn,
            deliveries=deliveries,
            expected=(self._messages - messages) * self._clients,
            seconds=after.clock - before.clock,
            cpu_us=(after.cpu - before.cpu) * 1e6 / deliveries,
            user_us=(after.user - before.user) * 1e6 / deliveries,
            client_us=sum(tally.cpu_seconds for tally in tallies) * 1e6 / deliveries,
            p50_ms=percentile(latencies, 0.5),
            p99_ms=percentile(latencies, 0.99),
            per_read=deliveries / sum(tally.reads for tally in tallies),
            payload_bytes=sum(tally.payload_bytes for tally in tallies) / deliveries,
        )

    def close(self) -> None:
        """Send everybody home."""
        self._audience.leave()

    def _lockstep(self, at_once: int, seconds: float) -> list[Tally]:
        until = time.monotonic() + seconds
        tallies = []
        while time.monotonic() < until:
            tallies.append(self._round(at_once))
        return tallies

    def _steadily(self, deliveries_a_second: int, seconds: float) -> Tally:
        rate = min(deliveries_a_second / self._clients, STREAM_MESSAGES_A_SECOND)
        count = max(MESSAGES_AT_LEAST, round(rate * seconds))
        self._audience.expect(self._messages + count, ROUND_DEADLINE + count / rate)
        started = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, started + number / rate - time.monotonic()))
            self._publish(1)
        return self._tally(ROUND_DEADLINE + count / rate)

    def _round(self, at_once: int) -> Tally:
        self._audience.expect(self._messages + at_once, ROUND_DEADLINE)
        if at_once == 1:
            self._publish(1)
        else:
            # Else the broker hands them over in twos and threes, as it gets them.
            with self._program.held():
                self._publish(at_once)
                self._bus.settle()
                time.sleep(HANDING_OVER)
        return self._tally(ROUND_DEADLINE)

    def _publish(self, count: int) -> None:
        self._messages += count
        self._bus.publish(list(itertools.islice(self._changes, count)))

    def _tally(self, deadline: float) -> Tally:
        tally = self._audience.tally(deadline)
        due = self._messages * self._clients
        if tally.deliveries != due:
            told = f"{tally.deliveries} deliveries instead of {due}"
            raise NotDelivered(f"{self.server.name}: {told}")
        return tally

    def _join(self, audience: Audience, count: int) -> float:
        return audience.join(
            count,
            port=self._program.port,
            path="/ws/admin",
            token=self._token,
            deflate=self.server.deflate,
        )

    def _spent(self) -> _Spent:
        program = self._program
        return _Spent(time.monotonic(), program.cpu_seconds(), program.user_seconds())
