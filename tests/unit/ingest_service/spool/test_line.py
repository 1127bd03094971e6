"""Whatever happens to the workers, the line is what was promised, in order."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ingest_service.spool.errors import SpoolFull
from ingest_service.spool.file import Limits, SpoolFile
from shared.amqp.message import Message

LIMITS = Limits(max_bytes=20_000, max_age=100)
WORKERS = 3
workers = st.integers(0, WORKERS - 1)


class Line(RuleBasedStateMachine):
    """Several workers on one file, against a list."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "spool.sqlite3"
        self.workers = [SpoolFile(self.path, LIMITS) for _ in range(WORKERS)]
        self.line = []
        self.refused = []
        self.made = 0
        self.now = 1_700_000_000.0

    @rule(worker=workers, count=st.integers(1, 5), size=st.integers(0, 6_000))
    def append(self, worker, count, size):
        made = [
            Message(body=bytes(size), message_id=str(self.made + n), routing_key="r")
            for n in range(count)
        ]
        self.made += count
        held = sum(size for _, size, _ in self.line) + sum(self.refused)
        old = bool(self.line) and self.now - self.line[0][2] > LIMITS.max_age
        try:
            self.workers[worker].append(made, self.now)
        except SpoolFull:
            assert old or held + count * size > LIMITS.max_bytes
        else:
            assert not old
            assert held + count * size <= LIMITS.max_bytes
            self.line += [(each.message_id, size, self.now) for each in made]

    @rule(worker=workers, chosen=st.sets(st.integers(0, 9)))
    def remove(self, worker, chosen):
        oldest = self.workers[worker].oldest(10)
        gone = [place for place in sorted(chosen) if place < len(oldest)]
        self.workers[worker].remove([oldest[place].number for place in gone])
        self.line = [each for n, each in enumerate(self.line) if n not in gone]

    @rule(worker=workers)
    def refuse_first(self, worker):
        for first in self.workers[worker].oldest(1):
            self.workers[worker].refuse(first, "impossible")
            self.refused.append(self.line.pop(0)[1])

    @rule(worker=workers)
    def restart(self, worker):
        self.workers[worker].close()
        self.workers[worker] = SpoolFile(self.path, LIMITS)
        self.workers[worker].open()

    @rule(seconds=st.integers(1, 60))
    def wait(self, seconds):
        self.now += seconds

    @rule(worker=workers)
    def lose_the_names_of_the_files(self, worker):
        self.workers[worker].open()
        for file in self.path.parent.glob("spool.sqlite3*"):
            file.unlink()
        for each in (self.workers[worker], *self.workers):
            each.open()

    @invariant()
    def every_worker_sees_the_line(self):
        for worker in self.workers:
            worker.open()
            seen = [each.message.message_id for each in worker.oldest(1_000)]
            assert seen == [name for name, _, _ in self.line]
            assert worker.is_empty() == (not self.line)
            state = worker.state(self.now)
            assert state.depth == len(self.line)
            assert state.refused == len(self.refused)
            assert state.bytes == sum(s for _, s, _ in self.line) + sum(self.refused)

    def teardown(self):
        for worker in self.workers:
            worker.close()
        self.folder.cleanup()


TestLine = Line.TestCase
TestLine.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
