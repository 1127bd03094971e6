"""All contestants on one broker, one after the other in shuffled order, each turn."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.mail.contestants import CONTESTANTS, Contestant, Place
from bench.mail.feed import Feed
from bench.mail.mailgun import Begin, HowMany, Leave, Listening, Progress, Serve
from bench.mail.samples import Sample
from bench.programs import Program
from bench.remote import Remote
from devstack.broker.private import PrivateBroker
from devstack.free_port import free_port
from devstack.postgres import private_postgres, server_binaries

Say = Callable[[str], None]
LISTEN_DEADLINE, ANSWER_DEADLINE = 20.0, 5.0
#: Without a further mail, in seconds.
STALL_DEADLINE = 30.0
#: Between two looks at how far it is, in seconds.
LOOK_PAUSE = 0.05
#: How many times as many changes are under way as the ideal has, at the most.
BACKLOG = 3
MIB = 1 << 20


class NotSent(Exception):
    """A mail was lost, or came twice, or the contestant ended badly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`latency` in seconds; each sample takes the ideal so many `seconds`."""

    senders: tuple[int, ...]
    latency: float
    mails: int | None
    seconds: float
    turns: int
    names: tuple[str, ...]


def run(plan: Plan, folder: Path, say: Say) -> list[Sample]:
    """Measure; raise NotSent where a mail was lost or sent twice."""
    samples: list[Sample] = []
    with ExitStack() as stack:
        say("starting RabbitMQ and PostgreSQL")
        broker = stack.enter_context(PrivateBroker(folder / "broker"))
        has_postgres = server_binaries() is not None
        dsn = stack.enter_context(private_postgres()) if has_postgres else ""
        feed = stack.enter_context(Feed(broker.url))
        mailgun = stack.enter_context(_mailgun(plan.latency))
        port = mailgun.hear(Listening, LISTEN_DEADLINE).port
        assert broker.pid is not None
        entrants = [
            each
            for each in CONTESTANTS
            if each.name in plan.names and (has_postgres or not each.on_postgres)
        ]
        for turn in range(plan.turns):
            for senders in plan.senders:
                for entrant in random.sample(entrants, len(entrants)):
                    say(f"turn {turn + 1}, {senders} senders: {entrant.name}")
                    name = f"{turn}-{senders}-{CONTESTANTS.index(entrant)}"
                    place = Place(
                        bus_url=broker.url,
                        mailgun_port=port,
                        port=free_port(),
                        senders=senders,
                        ledger=folder / name / "ledger.sqlite3",
                        postgres=dsn,
                    )
                    heat = _Heat(entrant, place, plan, feed, mailgun, broker.pid)
                    samples.append(heat.run(name, turn, folder / f"{name}.log"))
    return samples


@contextmanager
def _mailgun(latency: float) -> Iterator[Remote]:
    remote = Remote(Serve(latency))
    try:
        yield remote
    finally:
        remote.dismiss(Leave())
        remote.join()


@dataclass(frozen=True, slots=True)
class _Heat:
    contestant: Contestant
    place: Place
    plan: Plan
    feed: Feed
    mailgun: Remote
    broker_pid: int

    def run(self, name: str, turn: int, log: Path) -> Sample:
        ideal = self.place.senders / self.plan.latency
        mails = self.plan.mails or int(ideal * self.plan.seconds)
        environ = self.contestant.environ(self.place)
        self.feed.empty_all()
        program = Program(
            [self.contestant.module], port=self.place.port, environ=environ, log=log
        )
        with program:
            pids = (program.pid, self.broker_pid)
            self.mailgun.say(Begin(mails=mails, pids=pids))
            self._feed_all(name, mails, ideal)
            resident = program.resident_bytes()
            status = program.stop()
        told = self._progress()
        self._check(name, status, told, mails)
        assert told.stretch is not None
        first, last = told.stretch.first, told.stretch.last
        spent = [b - a for a, b in zip(first.cpu, last.cpu, strict=True)]
        return Sample(
            contestant=self.contestant.name,
            senders=self.place.senders,
            turn=turn,
            mails=told.stretch.mails,
            seconds=last.at - first.at,
            ideal=ideal,
            cpu_us=spent[0] * 1e6 / told.stretch.mails,
            broker_us=spent[1] * 1e6 / told.stretch.mails,
            resident_mib=resident / MIB,
            twice=told.twice,
        )

    def _feed_all(self, name: str, mails: int, ideal: float) -> None:
        """Keep the queue filled, never far ahead, until all have come.

        All at once the first look at each, where there is a settle time, would come
        before the measured part.
        """
        ahead = int(BACKLOG * ideal * (self.contestant.settle + self.plan.latency))
        fed, came, moved_at = 0, 0, time.monotonic()
        while came < mails:
            most = min(mails, came + ahead)
            self.feed.publish(name, fed, most)
            fed = max(fed, most)
            time.sleep(LOOK_PAUSE)
            now, before = time.monotonic(), came
            came = self._progress().events
            moved_at = now if came > before else moved_at
            if now - moved_at > STALL_DEADLINE:
                raise NotSent(f"{self.contestant.name}: {came} of {mails} mails came")

    def _progress(self) -> Progress:
        self.mailgun.say(HowMany())
        return self.mailgun.hear(Progress, ANSWER_DEADLINE)

    def _check(self, name: str, status: int, told: Progress, mails: int) -> None:
        who, left = self.contestant.name, self.feed.left()
        if status:
            raise NotSent(f"{who}: ended with {status}")
        if left:
            raise NotSent(f"{who}: left behind {left}")
        if told.twice or told.events != mails:
            raise NotSent(f"{who}: {told.events} of {mails}, {told.twice} twice")
