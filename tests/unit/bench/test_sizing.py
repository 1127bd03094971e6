"""Sizing: more is never needed for less, and no process is filled to the brim."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bench.sizing import tables
from bench.sizing.costs import (
    BUSY_AT_MOST,
    READING_AT_MOST,
    SOCKETS_A_GATEWAY,
    Costs,
    Load,
)
from bench.sizing.model import need
from tests.plugins.measured import measured, rows_of

COSTS = Costs(
    webhook=250,
    broker=100,
    cluster=3.0,
    reader=20,
    read=150,
    delivery=6,
    connect=1_000,
    socket_kib=30,
    mail=3_000,
    mail_broker=1_000,
)
loads = st.builds(
    Load,
    sockets=st.integers(0, 2_000_000),
    events=st.integers(0, 20_000),
    audience=st.integers(1, 200),
)


def test_small_system_has_two_of_each_and_one_stream():
    found = need(Load(sockets=100, events=5), COSTS)

    assert (found.partitions, found.gateways) == (1, 2)
    assert (found.ingests, found.mailers, found.machines) == (2, 2, 2)


@given(loads)
def test_gateway_is_never_filled_beyond_what_it_may_be(load):
    found = need(load, COSTS)

    each = load.sockets / found.gateways
    telling = load.events * load.audience * COSTS.delivery / 1e6 / found.gateways
    assert each <= SOCKETS_A_GATEWAY
    assert found.reading <= READING_AT_MOST + 1e-9
    assert found.reading + telling <= BUSY_AT_MOST + 1e-9
    assert found.gateways % found.partitions == 0


@given(loads, st.integers(1, 100_000), st.integers(1, 1_000))
def test_what_carries_more_carries_less_too(load, sockets, events):
    more = replace(load, sockets=load.sockets + sockets, events=load.events + events)

    small, large = need(load, COSTS), need(more, COSTS)

    parts = ["partitions", "ingests", "mailers"]
    if small.partitions == large.partitions:
        # More partitions leave each gateway less to read.
        parts += ["gateways", "machines"]
    for part in parts:
        assert getattr(small, part) <= getattr(large, part), part


def test_stream_is_partitioned_when_a_gateway_cannot_read_everything():
    just = int(READING_AT_MOST * 1e6 / COSTS.read)

    assert need(Load(sockets=10_000, events=just), COSTS).partitions == 1
    assert need(Load(sockets=10_000, events=just + 1), COSTS).partitions == 2


def test_machines_are_told_once_everything_was_measured_and_not_before():
    rows = rows_of(tables.machines(measured()))

    assert len(rows) == len(tables.SOCKETS) * len(tables.EVENTS)
    assert [row[0] for row in rows[:: len(tables.EVENTS)]] == [
        f"{sockets:,}" for sockets in tables.SOCKETS
    ]
    assert "µs" in tables.costs(measured())
    for part in ("ingest", "fanout", "held", "reading", "cluster", "mail"):
        missing = replace(measured(), **{part: ()})
        assert "Not measured" in tables.machines(missing), part
        assert "Not measured" in tables.costs(missing), part
