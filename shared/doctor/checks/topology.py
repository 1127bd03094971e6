"""Do exchange, queues, arguments and bindings stand as shared/topology.py has them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.amqp.survey import Closed, Shut, State, Survey, Thing
from shared.doctor.findings import Finding, Verdict, fault, ok, warning
from shared.topology import CHANGE_LOG_STREAM, Topology

BROKER, GROUP = "Broker", "Topology"
#: With them a queue goes on while one is away; more cost more than they bring.
ENOUGH_MEMBERS = 3
_MAKE = (
    "Start ingest or the mailer as a user who may configure, or let the broker load"
    " its definitions (docs/operations.md, When the broker was wiped)."
)
_APART = "has nothing that the others have: it is a cluster of its own"
_JOIN = (
    "Have the others forget it, empty its disk, and start it (docs/deploy.md, Lost"
    " volume)."
)
_SHUT = {
    Closed.LOGIN: (
        "refuses the login",
        "Set RABBITMQ_URL to a user and password that the broker has; special"
        " characters in the password are percent-encoded.",
    ),
    Closed.VHOST: (
        "does not let this user into the virtual host",
        "See the end of RABBITMQ_URL (%2F is /), and give the user rights there:"
        " rabbitmqctl set_permissions.",
    ),
}


def reached(looks: Mapping[str, Survey | Shut]) -> list[Finding]:
    """Say which of the nodes let us in; `looks` are by host and port."""
    if len(looks) == 1:
        return [_entrance("login", *looks.values())]
    found = [_entrance(f"node {node}", look) for node, look in looks.items()]
    together = cluster_in(looks)
    if together:
        # The others do its work.
        found = [replace(f, verdict=_milder(f.verdict)) for f in found]
    apart = [
        fault(BROKER, f"node {node}", _APART, _JOIN)
        for node, look in looks.items()
        if isinstance(look, Survey) and look not in together
    ]
    return found + apart


def cluster_in(looks: Mapping[str, Survey | Shut]) -> list[Survey]:
    """Return whose nodes let us in, without those that alone have nothing of ours."""
    inside = [look for look in looks.values() if isinstance(look, Survey)]
    return [look for look in inside if not _is_bare(look)] or inside


def _is_bare(found: Survey) -> bool:
    return bool(found.things) and all(
        thing.state is State.MISSING for thing in found.things
    )


def _entrance(name: str, found: Survey | Shut) -> Finding:
    if isinstance(found, Survey):
        return ok(BROKER, name, "accepted")
    text, remedy = _SHUT.get(
        found.why,
        (
            f"is not reached: {found.detail}",
            "Start RabbitMQ, and compare host, port and amqp/amqps in RABBITMQ_URL."
            " Webhooks wait in the spool meanwhile.",
        ),
    )
    return fault(BROKER, name, text, remedy)


def _milder(verdict: Verdict) -> Verdict:
    return Verdict.WARNING if verdict is Verdict.FAULT else verdict


def looked_at(found: Survey, *, described: bool) -> list[Finding]:
    """Judge what AMQP shows; `described`: the management pages tell the arguments."""
    wrong = [_wrong(thing) for thing in found.things if thing.state in _BAD]
    if wrong:
        return wrong
    count = len(found.things)
    if described or all(thing.state is State.RIGHT for thing in found.things):
        return [
            ok(GROUP, "exchange and queues", f"all {count} are there as they should")
        ]
    return [
        warning(
            GROUP,
            "exchange and queues",
            f"all {count} are there; this user may not compare their arguments",
            "Set RABBITMQ_MANAGEMENT_URL with a user tagged monitoring.",
        )
    ]


_BAD = frozenset({State.MISSING, State.DIFFERENT, State.UNUSABLE})


def described(
    topology: Topology,
    *,
    queues: Sequence[Mapping[str, Any]],
    bindings: Sequence[Mapping[str, Any]],
) -> list[Finding]:
    """Compare what the management pages list; both as their API tells them."""
    there = {str(each.get("name")): each for each in queues}
    bound = {
        (str(each.get("destination")), str(each.get("routing_key")))
        for each in bindings
        if each.get("source") == topology.exchange
    }
    found: list[Finding] = []
    for queue in topology.queues:
        if queue.name not in there:
            continue  # said by who looked by AMQP
        told = there[queue.name].get("arguments")
        arguments = told if isinstance(told, Mapping) else {}
        if dict(arguments) != dict(queue.arguments):
            found.append(
                _different(queue.name, _first_other(arguments, queue.arguments))
            )
        found += [
            _unbound(queue.name, key)
            for key in queue.routing_keys
            if (queue.name, key) not in bound
        ]
    return found or [ok(GROUP, "arguments and bindings", "as they should be")]


def spread(
    topology: Topology, *, queues: Sequence[Mapping[str, Any]], nodes: int
) -> list[Finding]:
    """Say which queues are on fewer nodes than there are, three being enough."""
    wanted = min(nodes, ENOUGH_MEMBERS)
    if wanted == 1:
        return []
    ours = {queue.name for queue in topology.queues}
    count = {
        str(each["name"]): len(each["members"])
        for each in queues
        if each.get("name") in ours and isinstance(each.get("members"), Sequence)
    }
    few = {name: members for name, members in count.items() if members < wanted}
    return [_alone(name, few[name], wanted) for name in few] or [
        ok(GROUP, "members", f"every queue is on {wanted} nodes")
    ]


def _alone(name: str, members: int, wanted: int) -> Finding:
    text = f"is on {members} of {wanted} nodes: it stands still when those are away"
    command = (
        f"rabbitmq-streams add_replica {name} NODE"
        if name == CHANGE_LOG_STREAM
        else "rabbitmq-queues grow NODE all"
    )
    return warning(GROUP, name, text, f"On a node of the broker, for each: {command}")


def _first_other(here: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    names = sorted({*here, *wanted})
    return next((n for n in names if here.get(n) != wanted.get(n)), "")


def _wrong(thing: Thing) -> Finding:
    if thing.state is State.MISSING:
        return fault(GROUP, thing.name, "is missing", _MAKE)
    if thing.state is State.DIFFERENT:
        return _different(thing.name, thing.detail)
    remedy = "See the broker's log: a queue whose node is down, or is being recovered."
    return fault(GROUP, thing.name, f"does not answer: {thing.detail}", remedy)


def _different(name: str, argument: str) -> Finding:
    return fault(
        GROUP,
        name,
        f"was made by another version: {argument or 'an argument'} differs",
        f"Stop the services, let what is in it be worked off, delete it (rabbitmqctl"
        f" delete_queue {name}) and start them: they make it anew.",
    )


def _unbound(name: str, key: str) -> Finding:
    text = f"is not bound for {key}: such events never reach it"
    return fault(GROUP, name, text, _MAKE)
