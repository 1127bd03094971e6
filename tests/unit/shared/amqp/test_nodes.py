"""The broker's nodes: what RABBITMQ_URL names, and whose turn it is."""

from collections import Counter

import pytest

from shared.amqp.nodes import (
    CONNECT_DEADLINE,
    Turns,
    addresses_of,
    deadline_of,
    shuffled,
)

A, B, C = (f"amqp://u:p@{host}:5672/%2F" for host in "abc")


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        (A, (A,)),
        (f"{A},{B}", (A, B)),
        (f" {A} ,\n{B} , {C}\n", (A, B, C)),
        ("amqp://u:a,b@h/,amqps://u:p@i/", ("amqp://u:a,b@h/", "amqps://u:p@i/")),
    ],
)
def test_addresses_stand_beside_each_other_with_commas_between(url, addresses):
    assert addresses_of(url) == addresses


def test_clients_begin_at_any_of_the_nodes():
    first = Counter(shuffled(f"{A},{B},{C}")[0] for _ in range(300))

    assert set(first) == {A, B, C}


def test_each_node_has_its_turn_and_the_one_that_answered_is_kept():
    turns = Turns([A, B, C], name="x")
    met = []
    for _ in range(4):
        met.append(turns.address)
        turns.left()
    turns.answered()

    assert met == ["a:5672", "b:5672", "c:5672", "a:5672"]
    assert turns.address == turns.address == "b:5672"


def test_one_node_alone_has_all_the_time_and_among_several_none_holds_us_up_for_long():
    assert deadline_of(7, nodes=1) == CONNECT_DEADLINE

    rounds = [deadline_of(attempt, nodes=3) for attempt in range(0, 12, 3)]
    assert rounds == sorted(rounds)
    assert rounds[0] < CONNECT_DEADLINE / 3
    assert rounds[-1] == CONNECT_DEADLINE == deadline_of(10**9, nodes=3)


def test_node_is_given_the_time_of_its_attempt():
    turns = Turns([A, B], name="x")
    first = turns.parameters().stack_timeout
    for _ in range(4):
        turns.left()

    assert turns.parameters().stack_timeout > first
    turns.answered()
    assert turns.parameters().stack_timeout == first
