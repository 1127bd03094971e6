"""A new version, or new secrets, service by service: of two, one always serves.

Images first, so that nothing is down while they are made. Then the broker (only where
it changed; webhooks wait in the spool, and a cluster goes on, one node at a time) and
its definitions, which the new services may need; then those that clients notice least.
The next one begins when the one before is ready, so a version that does not start stops
the update while the other half serves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path

from deploy.compose import Compose, Failed
from deploy.keys import DEFINITIONS, TOPOLOGY

#: Nobody waits for them. They read their files, the rules too, at their start.
WATCHING = ("prometheus", "grafana")
READY_DEADLINE = "120"
#: The edge finds a service that is ready again within a second.
PAUSE = 2.0
AWAIT_QUORUM = (
    *("timeout", READY_DEADLINE),
    *("rabbitmq-upgrade", "await_online_quorum_plus_one"),
)
IMPORT = (
    "cat > /tmp/definitions.json; rabbitmqctl import_definitions /tmp/definitions.json;"
    " code=$?; rm -f /tmp/definitions.json; exit $code"
)


def update(
    compose: Compose,
    secrets: Path,
    *,
    pull: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Bring everything to what the files say now; raise Failed at the first that fails.

    What runs not (the relay and the metrics without their profiles) is left alone.
    """
    running = compose.running()
    _need(compose, running)
    compose("pull" if pull else "build")
    for node in compose.plan.brokers:
        _renew(compose, node)
    load_definitions(compose, secrets)
    for service in compose.plan.databases:
        _start(compose, service)
    for service in compose.plan.rolling:
        if service in running:
            _start(compose, "--force-recreate", service)
            sleep(PAUSE)
    # Its sockets are cut; made anew only where its image or its settings are others.
    _start(compose, "edge")
    for service in WATCHING:
        if service in running:
            _start(compose, "--force-recreate", service)


def _need(compose: Compose, running: Collection[str]) -> None:
    if not running:
        raise Failed("nothing runs: start it with `up -d --wait`")
    away = [node for node in compose.plan.brokers if node not in running]
    if away:
        raise Failed(f"{', '.join(away)}: not running; start with `up -d --wait`")


def load_definitions(compose: Compose, secrets: Path) -> None:
    """Give the running broker its users, rights and topology."""
    # The mounted files may be those from before: a mount holds on to what it found.
    for name in (DEFINITIONS, TOPOLOGY):
        content = (secrets / name).read_bytes()
        node = compose.plan.brokers[0]
        compose.give(content, "exec", "-T", node, "sh", "-c", IMPORT)


def _renew(compose: Compose, node: str) -> None:
    if len(compose.plan.brokers) > 1:
        # Until every queue does without it.
        compose("exec", "-T", node, *AWAIT_QUORUM)
    _start(compose, node)


def _start(compose: Compose, *words: str) -> None:
    wait = ("--wait", "--wait-timeout", READY_DEADLINE)
    compose("up", "-d", "--no-deps", *wait, *words)
