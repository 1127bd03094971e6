"""Gateways on one broker: some at once as events come, then one from the beginning."""

from __future__ import annotations

import random
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from bench.fanout.changes import changes
from bench.fanout.supabase import Supabase
from bench.programs import Program, cpu_seconds
from bench.reading.samples import CatchUp, Live
from devstack.broker.private import PrivateBroker
from devstack.free_port import free_port
from shared.amqp.message import Message
from shared.amqp.opening import opened
from shared.amqp.publisher import Publisher
from shared.events import ChangeEvent

#: Published together, far below what the broker may leave unconfirmed.
BATCH = 200
CONFIRM_DEADLINE, READ_DEADLINE = 30.0, 30.0
#: Of a sample: what a gateway and the broker still do after the last event, in seconds.
COMING_TO_REST = 0.5
#: How often a second events are published at a steady rate.
TICKS = 50
#: What the first ones make a gateway and the broker load is not the cost of each.
WARM_UP_EVENTS = 500
#: A virtual host that nobody publishes to.
EMPTY = "empty"
_TOLD = "melotech_gateway_events_total{"

Say = Callable[[str], None]


class NotRead(Exception):
    """A gateway has not told what was published, or told something twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many events, how often; `readers` gateways are measured beside each other."""

    readers: tuple[int, ...]
    rate: float
    seconds: float
    backlog: int
    turns: int


def run(plan: Plan, folder: Path, say: Say) -> tuple[list[Live], list[CatchUp]]:
    """Measure; raise NotRead."""
    with ExitStack() as stack:
        say("starting a broker")
        vhosts = ("/", EMPTY)
        broker = PrivateBroker(folder / "broker", vhosts=vhosts)
        stack.enter_context(broker)
        supabase = stack.enter_context(Supabase(folder / "supabase"))
        publisher = stack.enter_context(opened(broker.url, name="bench"))
        place = _Place(folder, broker, supabase, publisher)
        lives = [
            live
            for turn in range(plan.turns)
            for live in _side_by_side(place, plan, turn, say)
        ]
        return lives, list(_from_the_beginning(place, plan, say))


@dataclass(slots=True)
class _Place:
    folder: Path
    broker: PrivateBroker
    supabase: Supabase
    publisher: Publisher
    published: int = 0
    started: int = 0
    _changes: Iterator[ChangeEvent] = field(default_factory=lambda: changes("r"))

    def gateway(self, vhost: str = "/") -> Program:
        """Start one that has read nothing yet."""
        self.started += 1
        folder, port = self.data, free_port()
        folder.mkdir()
        url = self.broker.plan.url(vhost)
        return Program(
            ["realtime_gateway"],
            port=port,
            environ=self.supabase.gateway(port, url, folder),
            log=folder / "log",
        )

    @property
    def data(self) -> Path:
        """Return the folder of the gateway that was started last."""
        return self.folder / f"gateway-{self.started}"

    def publish(self, count: int) -> None:
        """Publish so many and wait for their confirms."""
        for start in range(0, count, BATCH):
            batch = islice(self._changes, min(BATCH, count - start))
            messages = [Message.of(change) for change in batch]
            for error in self.publisher.publish_all(messages, timeout=CONFIRM_DEADLINE):
                if error is not None:
                    raise error
        self.published += count

    def broker_seconds(self) -> float:
        """Return the broker's processor time so far."""
        assert self.broker.pid is not None
        return cpu_seconds([self.broker.pid])


def _side_by_side(place: _Place, plan: Plan, turn: int, say: Say) -> Iterator[Live]:
    for readers in random.sample(plan.readers, len(plan.readers)):
        say(f"turn {turn + 1} of {plan.turns}: {readers} gateways read")
        with ExitStack() as stack:
            gateways = [stack.enter_context(place.gateway()) for _ in range(readers)]
            for gateway in gateways:
                gateway.wait_ready()
            yield _measured(place, plan, turn, gateways)


def _measured(
    place: _Place, plan: Plan, turn: int, gateways: Sequence[Program]
) -> Live:
    place.publish(WARM_UP_EVENTS)
    _wait_until_told(place, gateways)
    cpu = sum(gateway.cpu_seconds() for gateway in gateways)
    broker, clock = place.broker_seconds(), time.monotonic()
    events = _publish_steadily(place, plan.rate, plan.seconds)
    seconds = time.monotonic() - clock
    _wait_until_told(place, gateways)
    spent = sum(gateway.cpu_seconds() for gateway in gateways) - cpu
    broker = place.broker_seconds() - broker
    return Live(
        readers=len(gateways),
        turn=turn,
        events=events,
        per_second=events / seconds,
        cpu_us=spent * 1e6 / events / max(1, len(gateways)),
        broker_us=broker * 1e6 / events,
    )


def _publish_steadily(place: _Place, rate: float, seconds: float) -> int:
    at_once = max(1, round(rate / TICKS))
    ticks = max(1, round(rate * seconds / at_once))
    started = time.monotonic()
    for tick in range(ticks):
        due = started + tick * at_once / rate
        time.sleep(max(0.0, due - time.monotonic()))
        place.publish(at_once)
    return ticks * at_once


def _from_the_beginning(place: _Place, plan: Plan, say: Say) -> Iterator[CatchUp]:
    missing = max(0, plan.backlog - place.published)
    say(f"publishing {missing} more events")
    place.publish(missing)
    for turn in range(plan.turns):
        say(f"turn {turn + 1} of {plan.turns}: {place.published} events are read")
        idle, full = _start(place, EMPTY), _start(place, "/")
        by_event = 1e6 / place.published
        yield CatchUp(
            turn=turn,
            events=place.published,
            per_second=place.published / (full.seconds - idle.seconds),
            cpu_us=(full.cpu - idle.cpu) * by_event,
            broker_us=(full.broker - idle.broker) * by_event,
            log_bytes=(full.log_bytes - idle.log_bytes) / place.published,
            stream_bytes=_size(place.folder.rglob("*.segment")) / place.published,
        )


@dataclass(frozen=True, slots=True)
class _Start:
    seconds: float
    cpu: float
    broker: float
    log_bytes: int


def _start(place: _Place, vhost: str) -> _Start:
    broker, clock = place.broker_seconds(), time.monotonic()
    with place.gateway(vhost) as gateway:
        gateway.wait_ready()
        return _Start(
            time.monotonic() - clock,
            gateway.cpu_seconds(),
            place.broker_seconds() - broker,
            # What waits in the journal has its own bound.
            _size(place.data.rglob("*.sqlite3")),
        )


def _size(files: Iterable[Path]) -> int:
    return sum(file.stat().st_size for file in files if file.is_file())


def _wait_until_told(place: _Place, gateways: Sequence[Program]) -> None:
    until = time.monotonic() + READ_DEADLINE
    wanted = [place.published] * len(gateways)
    while (told := [_told(gateway) for gateway in gateways]) != wanted:
        if time.monotonic() > until:
            raise NotRead(f"told {told}, not {wanted}")
        time.sleep(0.1)
    time.sleep(COMING_TO_REST)


def _told(gateway: Program) -> int:
    """Return how many events a gateway has read and told, also what was before it."""
    address = f"http://127.0.0.1:{gateway.port}/metrics"
    with urllib.request.urlopen(address, timeout=READ_DEADLINE) as answer:
        lines = answer.read().decode().splitlines()
    return sum(
        round(float(line.split()[-1])) for line in lines if line.startswith(_TOLD)
    )
