"""What is made of a broker that was looked at, over AMQP and over HTTP."""

from __future__ import annotations

import pytest

from shared.amqp.survey import Closed, Shut, State, Survey, Thing
from shared.doctor.checks import (
    topology,
)
from shared.topology import TOPOLOGY
from tests.plugins.findings import (
    holds_remedies,
    worst,
)


@pytest.mark.parametrize("why", Closed)
def test_broker_that_lets_nobody_in_is_told_with_a_remedy(why):
    shut = Shut(why=why, detail="nobody listens there")
    found = topology.reached({"broker:5672": shut})

    assert worst(found) == "fault"
    assert holds_remedies(found)


def test_node_that_is_away_is_named_and_is_no_fault_while_another_lets_us_in():
    away = Shut(why=Closed.AWAY, detail="nobody listens there")
    found = topology.reached({"a:5672": away, "b:5672": Survey(things=())})

    assert [(each.check, each.verdict) for each in found] == [
        ("node a:5672", "warning"),
        ("node b:5672", "ok"),
    ]
    assert holds_remedies(found)
    both = topology.reached({"a:5672": away, "b:5672": away})
    assert [each.verdict for each in both] == ["fault", "fault"]


def test_node_that_began_by_itself_is_told_of_and_not_taken_for_the_cluster():
    def survey(state):
        return Survey(things=(Thing(name="a", state=state),))

    bare, whole = survey(State.MISSING), survey(State.RIGHT)
    looks = {"a:5672": bare, "b:5672": whole, "c:5672": whole}

    found = topology.reached(looks)

    faults = [each for each in found if each.verdict == "fault"]
    assert [each.check for each in faults] == ["node a:5672"]
    assert holds_remedies(found)
    assert topology.cluster_in(looks) == [whole, whole]
    # Where nobody has anything, nothing has been loaded yet.
    new = {"a:5672": bare, "b:5672": bare}
    assert worst(topology.reached(new)) == "ok"
    assert topology.cluster_in(new) == [bare, bare]


@pytest.mark.parametrize(
    ("nodes", "members", "verdict"),
    [
        (1, 1, "nothing"),
        (3, 3, "ok"),
        (3, 2, "warning"),
        (5, 3, "ok"),
        (3, 1, "warning"),
    ],
)
def test_queue_on_fewer_nodes_than_there_are_is_told_of(nodes, members, verdict):
    queues = [
        {"name": queue.name, "members": [f"rabbit@{n}" for n in range(members)]}
        for queue in TOPOLOGY.queues
    ] + [{"name": "somebody.elses", "members": ["rabbit@0"]}, {"name": "classic"}]

    found = topology.spread(TOPOLOGY, queues=queues, nodes=nodes)

    assert worst(found) == verdict
    assert holds_remedies(found)
    if verdict == "warning":
        assert len(found) == len(TOPOLOGY.queues)
        assert "add_replica changes.log" in found[0].remedy


@pytest.mark.parametrize(
    ("state", "described", "verdict"),
    [
        (State.RIGHT, False, "ok"),
        (State.PRESENT, False, "warning"),
        (State.PRESENT, True, "ok"),
        (State.MISSING, True, "fault"),
        (State.DIFFERENT, False, "fault"),
        (State.UNUSABLE, False, "fault"),
    ],
)
def test_what_amqp_shows_of_a_queue(state, described, verdict):
    things = Thing(name="a", state=State.RIGHT), Thing(name="b", state=state)
    found = topology.looked_at(Survey(things=things), described=described)

    assert worst(found) == verdict
    assert holds_remedies(found)


def listed() -> tuple[list[dict], list[dict]]:
    queues = [
        {"name": queue.name, "arguments": dict(queue.arguments)}
        for queue in TOPOLOGY.queues
    ]
    bindings = [
        {"source": TOPOLOGY.exchange, "destination": queue.name, "routing_key": key}
        for queue in TOPOLOGY.queues
        for key in queue.routing_keys
    ]
    return queues, bindings


def test_management_pages_that_show_all_are_well():
    queues, bindings = listed()

    assert worst(topology.described(TOPOLOGY, queues=queues, bindings=bindings)) == "ok"


def test_management_pages_tell_of_arguments_and_bindings():
    queues, bindings = listed()
    queues[0]["arguments"]["x-max-age"] = "1D"
    del bindings[0]

    found = topology.described(TOPOLOGY, queues=queues, bindings=bindings)

    assert [each.verdict for each in found] == ["fault", "fault"]
    assert "x-max-age differs" in found[0].text
    assert "not bound for #" in found[1].text
