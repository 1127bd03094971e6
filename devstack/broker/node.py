"""The process of a private RabbitMQ, and its port mapper's where it has its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import IO

from devstack.broker.configuration import BrokerPlan, environment, write_files
from devstack.broker.mapper import BrokerMissing, PortMapper, find
from devstack.tether import tethered

__all__ = ["BrokerMissing", "Node", "server_program"]

#: Where packagers put the programs beside PATH. Debian's own /usr/sbin/rabbitmq-server
#: refuses ordinary users and changes to another one, so the real script comes first.
SERVER_FOLDERS = ("/usr/lib/rabbitmq/bin", "/usr/local/sbin", "/opt/homebrew/sbin")
#: An orderly stop closes queues and flushes their files, in seconds.
STOP_DEADLINE = 30.0
#: A signal reaches each thread when it is that one's turn, in seconds.
FREEZE_DEADLINE = 10.0


def server_program() -> str | None:
    """Return the path of RabbitMQ's start script, None where it is not installed."""
    return find("rabbitmq-server", SERVER_FOLDERS)


class Node:
    """Start and end the node; it ends with this process too.

    So does its port mapper, which is its own where it is given none of a cluster's.
    """

    def __init__(self, plan: BrokerPlan, mapper: PortMapper | None = None) -> None:
        self._plan = plan
        self._own_mapper = None if mapper else PortMapper(plan.folder, plan.epmd_port)
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Return the process id of the running node."""
        return self._server.pid if self._server and self.running else None

    @property
    def running(self) -> bool:
        """Tell whether the node's process lives."""
        return self._server is not None and self._server.poll() is None

    def start(self, output: IO[bytes] | None = None) -> None:
        """Start it; `output` takes the log, else standard output does.

        Raises BrokerMissing; returns before the node listens.
        """
        server = server_program()
        if server is None:
            raise BrokerMissing("rabbitmq-server is not installed")
        write_files(self._plan)
        if self._own_mapper is not None:
            self._own_mapper.start(output)
        self._server = self._spawn([server], output)

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; tell whether the node has ended."""
        if self._server is not None:
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(timeout)
        return not self.running

    def send(self, signum: signal.Signals) -> None:
        """Send a signal to the node."""
        if self._server is not None:
            self._server.send_signal(signum)

    def freeze(self) -> None:
        """Stop it from running, and return once all its threads stand still.

        On a busy machine some go on for long enough to take a publish. Raises
        RuntimeError where they do not stop.
        """
        self.send(signal.SIGSTOP)
        deadline = time.monotonic() + FREEZE_DEADLINE
        while not self._is_frozen():
            if time.monotonic() > deadline:
                raise RuntimeError("the node does not stop running")
            time.sleep(0.002)

    def _is_frozen(self) -> bool:
        # macOS has it from Python 3.13 on.
        if not hasattr(os, "waitid") or self.pid is None:
            return True
        how = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, how) is not None

    def stop(self) -> None:
        """End the node in order, by force after STOP_DEADLINE."""
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        if self._server is not None and not self.wait(STOP_DEADLINE):
            self.send(signal.SIGKILL)
        self._reap()

    def kill(self) -> None:
        """End it at once, as a loss of power would."""
        self.send(signal.SIGKILL)
        self._reap()

    def _reap(self) -> None:
        if self._own_mapper is not None:
            self._own_mapper.stop()
        if self._server is not None:
            self._server.wait(STOP_DEADLINE)
        self._server = None

    def _spawn(
        self, command: list[str], output: IO[bytes] | None
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            tethered(command, by=signal.SIGKILL),
            env=environment(self._plan, path=os.environ.get("PATH", os.defpath)),
            cwd=self._plan.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
        )
