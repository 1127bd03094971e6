"""The whole path with a room at its end: all cases, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.endtoend import crowd, writer
from bench.endtoend.cases import Case
from bench.endtoend.judgement import Load, Run, judge
from bench.endtoend.samples import Sample
from bench.fanout.joining import Join, Joined
from bench.outbox.stage import Stack, arranged, started
from bench.programs import Program, cpu_seconds
from bench.remote import Remote

#: So many that no change meets an older one of its row: the push sends those in turn.
ROWS = 20_000
JOIN_DEADLINE, WRITE_DEADLINE = 60.0, 60.0
#: A backlog may take so many times as long as the changes themselves.
DRAIN_FACTOR = 30
AWAY = 1.0

Say = Callable[[str], None]


def run(cases: Sequence[Case], folder: Path, say: Say) -> list[Sample]:
    """Measure; raise NotTold where a socket was told too little or something twice."""
    samples: list[Sample] = []
    with ExitStack() as stack:
        say("starting PostgreSQL, RabbitMQ, ingest and gateway")
        place = stack.enter_context(started(folder, rows=ROWS))
        author = stack.enter_context(_remote(Remote(writer.run), writer.Leave()))
        path = _Path(place, author, folder)
        for sockets in dict.fromkeys(case.sockets for case in cases):
            with _remote(Remote(crowd.run), crowd.Leave()) as room:
                path.fill(room, sockets)
                here = [case for case in cases if case.sockets == sockets]
                for way in dict.fromkeys(case.way for case in here):
                    with arranged(place, way, folder) as relay:
                        for case in here:
                            if case.way == way:
                                name = f"{way.name}, {case.rate:g}/s"
                                say(f"{sockets} sockets: {name}")
                                samples.append(path.measure(case, room, relay))
            time.sleep(AWAY)
    return samples


@contextmanager
def _remote(remote: Remote, goodbye: object) -> Iterator[Remote]:
    try:
        yield remote
    finally:
        remote.dismiss(goodbye)
        remote.join()


@dataclass(slots=True)
class _Path:
    stack: Stack
    author: Remote
    folder: Path
    #: The number of the next change.
    number: int = 1

    def fill(self, room: Remote, sockets: int) -> None:
        """Let everyone in."""
        room.say(
            Join(
                port=self.stack.gateway.port,
                path="/ws/admin",
                count=sockets,
                token=self.stack.token,
                deflate=False,
            )
        )
        room.hear(Joined, JOIN_DEADLINE)

    def measure(self, case: Case, room: Remote, relay: Program | None) -> Sample:
        """Write at the case's pace, and wait until all is told."""
        moments = list(case.moments())
        first, self.number = self.number, self.number + len(moments)
        meter = _Meter(self.stack, relay)
        room.say(crowd.Listen(first=first, count=len(moments)))
        self.author.say(
            writer.Write(dsn=self.stack.database.dsn, first=first, moments=moments)
        )
        lasting = moments[-1] * DRAIN_FACTOR
        written = self.author.hear(writer.Written, lasting + WRITE_DEADLINE)
        load = meter.read()
        heard = room.hear(crowd.Heard, lasting + crowd.STALL_DEADLINE + WRITE_DEADLINE)
        return judge(
            case,
            Run(
                began=written.began,
                due=written.due,
                committed=written.committed,
                arrivals=heard.arrivals,
            ),
            load,
        )


class _Meter:
    """What the processes cost from its making to `read`."""

    def __init__(self, stack: Stack, relay: Program | None) -> None:
        self._gateway = [stack.gateway.pid]
        self._carrier = stack.ingest.pids() + ([relay.pid] if relay else [])
        self._began = time.monotonic(), *self._spent()
        psutil.cpu_percent()

    def read(self) -> Load:
        at, gateway, carrier = time.monotonic(), *self._spent()
        seconds = at - self._began[0]
        return Load(
            gateway=(gateway - self._began[1]) / seconds,
            carrier=(carrier - self._began[2]) / seconds,
            machine=psutil.cpu_percent() / 100,
        )

    def _spent(self) -> tuple[float, float]:
        return cpu_seconds(self._gateway), cpu_seconds(self._carrier)
