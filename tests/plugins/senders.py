"""Senders that post changes of their own submission, one after the other."""

from __future__ import annotations

import itertools
import threading
import time
from collections import defaultdict
from typing import Self

import pika
import requests

from shared import events
from shared.topology import CHANGE_LOG_STREAM, MAILER_QUEUE
from tests.plugins.services import Process, until
from tests.plugins.sockets import post_change

#: Between two changes of one sender, in seconds: this is about order, not about rates.
PAUSE = 0.01

#: A stream that was declared so long ago outlives a kill of its broker.
FIRST_SECONDS = 2.0

_numbers = itertools.count()


class Senders:
    """What a few senders were answered; as a context manager, they send meanwhile.

    None tries again; each pauses for `pause` seconds. A refusal must say when to;
    `promised` has, by submission, the ids that were answered 202, in order, and
    `seconds` how long each answer took.
    """

    def __init__(self, url: str, *, count: int = 4, pause: float = PAUSE) -> None:
        self.url = url
        self._pause = pause
        self.promised: dict[str, list[str]] = defaultdict(list)
        self.spooled: list[str] = []
        self.refused: list[str] = []
        self.seconds: list[float] = []
        self.errors: list[BaseException] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(f"s-{number}",))
            for number in range(count)
        ]

    @property
    def accepted(self) -> int:
        """Return how many changes were answered 202."""
        return sum(map(len, self.promised.values()))

    def send(self, submission: str, **columns: str) -> requests.Response:
        """Post a change of the submission; return the answer, 202 or 503."""
        name = f"msg_{next(_numbers):08}"
        answer = post_change(self.url, webhook_id=name, id=submission, **columns)
        self.seconds.append(answer.elapsed.total_seconds())
        if answer.status_code == 202:
            self.promised[submission].append(name)
            if answer.json().get("queued") == "spool":
                self.spooled.append(name)
        else:
            assert answer.status_code == 503, answer.text
            assert int(answer.headers["Retry-After"]) > 0
            self.refused.append(name)
        return answer

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert not self.errors, self.errors

    def _run(self, submission: str) -> None:
        try:
            while not self._stop.wait(self._pause):
                self.send(submission)
        except BaseException as error:
            self.errors.append(error)
            raise


def assert_kept(senders: Senders, bus_url: str) -> None:
    """Fail unless every promise is in stream and queue, in order per submission.

    A change may be there twice, and one whose confirm was lost although it was refused.
    """
    for queue in (CHANGE_LOG_STREAM, MAILER_QUEUE):
        found = everything_in(bus_url, queue)
        for submission, promised in senders.promised.items():
            there = [name for name in found if name in set(promised)]
            assert list(dict.fromkeys(there)) == promised, (queue, submission)
        everything = {name for names in senders.promised.values() for name in names}
        assert set(found) <= everything | set(senders.refused)


def everything_in(bus_url: str, queue: str) -> list[str]:
    """Return the ids of all messages in order; a queue is empty afterwards."""
    connection = pika.BlockingConnection(pika.URLParameters(bus_url))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=200)
    arguments = {"x-stream-offset": "first"} if queue == CHANGE_LOG_STREAM else {}
    found = []
    for method, _, body in channel.consume(
        queue, arguments=arguments, inactivity_timeout=2
    ):
        if method is None:
            break
        found.append(events.decode(body).id)
        channel.basic_ack(method.delivery_tag)
    connection.close()
    return found


def until_streams_are_kept() -> None:
    """Wait until a kill no longer costs the queues that were declared just now.

    RabbitMQ 3.10 never recovers a stream when it is killed within half a second or so
    of the stream's making. That is once in a life, and nothing shows when it is over.
    """
    declared = time.monotonic()
    until(lambda: time.monotonic() > declared + FIRST_SECONDS)


def spool_of(ingest: Process) -> dict[str, object]:
    """Return what `/health` says of the spool."""
    spool: dict[str, object] = requests.get(f"{ingest.url}/health", timeout=20).json()[
        "spool"
    ]
    return spool


def is_drained(ingest: Process) -> bool:
    """Tell whether nothing waits in the spool."""
    return spool_of(ingest)["depth"] == 0
