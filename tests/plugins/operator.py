"""An operator at work: the commands as processes, and the queues as they find them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pika

from shared.topology import MAILER_DEAD_LETTERS
from tests.plugins.services import ROOT

DEADLINE = 60.0

PROGRAM = """
import os
from mailer_worker.commands import Commands
Commands()(obj=os.environ, prog_name="python -m mailer_worker")
"""


@dataclass(frozen=True)
class Answer:
    """What a command said; `code` is its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """Return what it printed for scripts."""
        assert self.code == 0, self.err
        return json.loads(self.out)


class Operator:
    """Runs the mailer's commands in one environment."""

    def __init__(self, **environ):
        self.environ = {"PATH": os.environ["PATH"]} | environ

    def begin(self, *arguments, **environ):
        """Start a command, and return its process."""
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *map(str, arguments)],
            cwd=ROOT,
            env=self.environ | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments, **environ):
        """Run a command to its end."""
        process = self.begin(*arguments, **environ)
        try:
            out, err = process.communicate(timeout=DEADLINE)
        finally:
            process.kill()
        return Answer(process.returncode, out, err)


class Queue:
    """A queue on the bus, looked at from outside."""

    def __init__(self, url, name=MAILER_DEAD_LETTERS):
        self.url = url
        self.name = name

    def fill(self, letters):
        """Put messages there, each its properties and its body, confirmed."""
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for properties, body in letters:
                channel.basic_publish("", self.name, body, properties, mandatory=True)

    def count(self):
        """Return how many wait there."""
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            declared = connection.channel().queue_declare(self.name, passive=True)
        return declared.method.message_count

    def take(self):
        """Take all that is there: properties and bodies, in their order."""
        found = []
        with pika.BlockingConnection(pika.URLParameters(self.url)) as connection:
            channel = connection.channel()
            while True:
                method, properties, body = channel.basic_get(self.name, auto_ack=True)
                if method is None:
                    return found
                # Of one that was never returned it says nothing.
                if (properties.headers or {}).get("x-delivery-count") == 0:
                    del properties.headers["x-delivery-count"]
                properties.headers = properties.headers or None
                found.append((properties, body))
