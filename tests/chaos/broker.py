"""The brokers of a run behind one small interface, and what is said to them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from devstack.broker.configuration import NODE, environment
from devstack.broker.private import PrivateBroker
from tests.plugins.senders import until_streams_are_kept

#: Retries wait so long in place of the hours that Mailgun is given: of two times for a
#: message to wait, its queue's and a policy's, the broker takes the shorter one.
SHORT_WAIT_MS = 1_500
POLICY = {
    "vhost": "/",
    "name": "short-retries",
    "pattern": r"^mailer\.retry\.",
    "apply-to": "queues",
    "definition": {"message-ttl": SHORT_WAIT_MS},
    "priority": 0,
}
CONTROL_DEADLINE = 30
#: Of a node on a machine that has much else to do, in seconds.
START_DEADLINE = 200

#: What raises each alarm and what ends it, as calls in the node.
ALARMS = {
    "memory": "vm_memory_monitor set_vm_memory_high_watermark [0.0000001]",
    "disk": "rabbit_disk_monitor set_disk_free_limit [900000000000000]",
}
NO_ALARMS = {
    "memory": "vm_memory_monitor set_vm_memory_high_watermark [0.4]",
    "disk": "rabbit_disk_monitor set_disk_free_limit [50000000]",
}


class Node(Protocol):
    """A broker that may be broken."""

    @property
    def port(self) -> int: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def alarm(self, resource: str) -> None: ...

    def ease(self, resource: str) -> None: ...


class Bus(Protocol):
    """All nodes by name; `urls` has one address for each, `settle` makes them safe."""

    @property
    def nodes(self) -> Mapping[str, Node]: ...

    @property
    def urls(self) -> Sequence[str]: ...

    def start(self) -> None: ...

    def settle(self) -> None: ...

    def close(self) -> None: ...


class OneNode:
    """A private broker; it ends with the thread that started it, so it has its own."""

    def __init__(self, folder: Path) -> None:
        policies: dict[str, list[dict[str, Any]]] = {"policies": [POLICY]}
        self._broker = PrivateBroker(folder, also=policies)
        self._thread = ThreadPoolExecutor(1, "broker")
        self.port = self._broker.plan.amqp_port

    @property
    def url(self) -> str:
        """Return its address."""
        return self._broker.url

    def start(self) -> None:
        """Start it, and wait until a client can log in."""
        if self._broker.pid is None:
            self._thread.submit(self._broker.start, START_DEADLINE).result()

    def stop(self) -> None:
        """End it in order."""
        self._broker.stop()

    def kill(self) -> None:
        """End it by SIGKILL."""
        self._broker.kill()

    def pause(self) -> None:
        """Stop it from running."""
        self._broker.pause()

    def resume(self) -> None:
        """Let it run again."""
        self._broker.resume()

    def alarm(self, resource: str) -> None:
        """Have it take no publishes, for want of `memory` or `disk`."""
        self._call(ALARMS[resource])

    def ease(self, resource: str) -> None:
        """End the alarm."""
        self._call(NO_ALARMS[resource])

    def _call(self, what: str) -> None:
        # rabbitmqctl starts a virtual machine of its own, which takes seconds.
        plan = self._broker.plan
        cookie = (plan.folder / ".erlang.cookie").read_text()
        subprocess.run(
            ["erl_call", "-n", NODE, "-c", cookie, "-a", what],
            env=environment(plan, path=os.environ["PATH"]),
            check=True,
            capture_output=True,
            timeout=CONTROL_DEADLINE,
        )

    def close(self) -> None:
        """End it for good."""
        self._broker.kill()
        self._thread.shutdown()


class SingleBroker:
    """A bus of one node."""

    def __init__(self, folder: Path) -> None:
        self._node = OneNode(folder)
        self.nodes: Mapping[str, Node] = {"broker": self._node}

    @property
    def urls(self) -> Sequence[str]:
        """Return the node's address."""
        return [self._node.url]

    def start(self) -> None:
        """Start it."""
        self._node.start()

    def settle(self) -> None:
        """Wait until a kill costs none of the queues that have just been declared."""
        until_streams_are_kept()

    def close(self) -> None:
        """End it."""
        self._node.close()
