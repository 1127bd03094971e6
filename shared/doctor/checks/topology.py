"""Do exchange, queues, arguments and bindings stand as shared/topology.py has them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.amqp.survey import Closed, Shut, State, Survey, Thing
from shared.doctor.findings import Finding, fault, ok, warning
from shared.topology import Topology

BROKER, GROUP = "Broker", "Topology"
_MAKE = (
    "Start ingest or the mailer as a user who may configure, or let the broker load"
    " its definitions (docs/operations.md, When the broker was wiped)."
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


def reached(found: Survey | Shut) -> list[Finding]:
    """Say whether the broker lets us in."""
    if isinstance(found, Survey):
        return [ok(BROKER, "login", "accepted")]
    text, remedy = _SHUT.get(
        found.why,
        (
            f"is not reached: {found.detail}",
            "Start RabbitMQ, and compare host, port and amqp/amqps in RABBITMQ_URL."
            " Webhooks wait in the spool meanwhile.",
        ),
    )
    return [fault(BROKER, "login", text, remedy)]


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
