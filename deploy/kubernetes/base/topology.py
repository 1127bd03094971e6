"""Load users, rights and topology into the cluster, and give each queue its members.

It runs as a job now and then (topology.yaml), with nothing but the standard library. A
queue has members where there are nodes when it is made, so a new cluster is waited for
until all nodes are in; what has too few members later is given more.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

#: For one node that is in the cluster, for all to be in, and for an answer, in seconds.
CLUSTER_DEADLINE, NODES_DEADLINE, TIMEOUT = 120.0, 240.0, 20.0
PAUSE = 3.0
FILES = ("rabbitmq_definitions", "rabbitmq_topology")

Ask = Callable[..., Any]


def main(environ: Mapping[str, str], secrets: Path, ask: Ask) -> list[str]:
    """Bring it about; return what could not be."""
    count = int(environ["NODES"])
    layout = json.loads((secrets / FILES[1]).read_text("utf-8"))
    wanted = [queue["name"] for queue in layout["queues"]]
    if not _members(ask, wanted):
        _wait_for(ask, count)
    for name in FILES:
        ask("POST", "/api/definitions", json.loads((secrets / name).read_text("utf-8")))
    return _grown(ask, wanted, count)


def one_of_the_cluster(askers: Sequence[Ask], count: int) -> Ask:
    """Return who asks a node that knows most of `count`; exit where there is none.

    A node that has lost its disk may begin as a cluster of its own. What is loaded
    there makes queues which take what the others never see; so all goes to one node,
    and never to that.
    """
    until = time.monotonic() + CLUSTER_DEADLINE
    while True:
        for ask in askers:
            try:
                known = len(ask("GET", "/api/nodes"))
            except (OSError, ValueError):
                continue
            if 2 * known > count:
                return ask
        if time.monotonic() > until:
            sys.exit(f"no node answers that knows most of {count}; nothing was loaded")
        time.sleep(PAUSE)


def _wait_for(ask: Ask, count: int) -> None:
    until = time.monotonic() + NODES_DEADLINE
    while len(running := _running(ask)) < count:
        if time.monotonic() > until:
            sys.exit(f"{len(running)} nodes of {count} run; nothing was loaded")
        time.sleep(PAUSE)


def _running(ask: Ask) -> list[str]:
    return [node["name"] for node in ask("GET", "/api/nodes") if node.get("running")]


def _members(ask: Ask, wanted: list[str]) -> dict[str, tuple[str, list[str]]]:
    """Return the kind and the members of each queue of ours that is there."""
    return {
        queue["name"]: (str(queue.get("type")), list(queue.get("members", ())))
        for queue in ask("GET", "/api/queues/%2F")
        if queue["name"] in wanted
    }


def _grown(ask: Ask, wanted: list[str], count: int) -> list[str]:
    nodes = _running(ask)
    lacking = []
    for name, (kind, members) in _members(ask, wanted).items():
        for node in nodes:
            if node in members or len(members) >= count:
                continue
            if kind == "quorum":
                path = f"/api/queues/quorum/%2F/{quote(name, safe='')}/replicas/add"
                ask("POST", path, {"node": node})
                members.append(node)
            else:
                lacking.append(f"rabbitmq-streams add_replica {name} {node}")
    return lacking


def _asker(base: str, user: str, password: str) -> Ask:
    login = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}

    def ask(method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 # the address is ours
            base + path, data=data, headers=headers, method=method
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 # nosec B310 # likewise
            content = answer.read()
        return json.loads(content) if content else None

    return ask


if __name__ == "__main__":
    login = Path("/run/administrator")
    environ = os.environ  # noqa: TID251 # a program of its own
    words = [
        (login / name).read_text("utf-8").strip() for name in ("username", "password")
    ]
    count = int(environ["NODES"])
    bases = [environ["BROKER"].format(number) for number in range(count)]
    ask = one_of_the_cluster([_asker(base, *words) for base in bases], count)
    try:
        left = main(environ, Path("/run/secrets"), ask)
    except (urllib.error.URLError, TimeoutError) as error:
        sys.exit(f"the broker does not do it: {error}")
    if left:
        sys.exit("\n".join(["a stream has too few members; in a broker's pod:", *left]))
