"""The plain way: pika in one thread, a session in each of the others, no memory.

It sends every delivery's mail and acks it. What comes twice is sent twice, and nobody
is told.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pika
import requests

from shared import lifecycle
from shared.topology import MAILER_QUEUE

TIMEOUT, TICK = 20.0, 0.2
TEXT = "Hello,\n\nthe status of {title} is now {status}.\n\n{feedback}\n"
HTML = "<p>Hello,</p><p>the status of {title} is now {status}.</p><p>{feedback}</p>\n"

Job = tuple[int, bytes]


def main() -> None:
    """Send until SIGTERM."""
    stopping = lifecycle.stop_on_signals()
    senders = int(os.environ["MAILER_SENDERS"])
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"]))
    channel = connection.channel()
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    in_hand: set[int] = set()

    def take(_: object, method: Any, properties: object, body: bytes) -> None:
        in_hand.add(method.delivery_tag)
        jobs.put((method.delivery_tag, body))

    def ack(tag: int) -> None:
        channel.basic_ack(tag)
        in_hand.discard(tag)

    def sent(tag: int) -> None:
        connection.add_callback_threadsafe(partial(ack, tag))

    for _ in range(senders):
        threading.Thread(target=_send_all, args=(jobs, sent), daemon=True).start()
    channel.basic_qos(prefetch_count=2 * senders)
    channel.basic_consume(MAILER_QUEUE, take)
    while in_hand or not stopping.is_set():
        connection.process_data_events(time_limit=TICK)
    connection.close()


def _send_all(jobs: queue.SimpleQueue[Job], sent: Callable[[int], None]) -> None:
    url = f"{os.environ['MAILGUN_BASE_URL']}/v3/{os.environ['MAILGUN_DOMAIN']}/messages"
    session = requests.Session()
    session.auth = ("api", os.environ["MAILGUN_API_KEY"])
    while True:
        tag, body = jobs.get()
        form = _form(json.loads(body))
        session.post(url, data=form, timeout=TIMEOUT).raise_for_status()
        sent(tag)


def _form(event: dict[str, Any]) -> dict[str, str]:
    row = event["data"]["record"]
    return {
        "from": os.environ["MAILGUN_FROM_EMAIL"],
        "to": row["email"],
        "subject": f"{row['title']}: {row['status']}",
        "text": TEXT.format_map(row),
        "html": HTML.format_map(row),
        "o:tag": f"status-{row['status']}",
        "v:event_id": event["id"],
        "v:submission_id": event["data"]["submission_id"],
    }


if __name__ == "__main__":
    main()
