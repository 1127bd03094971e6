"""GATEWAYS says how many gateways the stack runs, and where each listens."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from devstack.stack import environment
from devstack.stack.banner import banner
from devstack.stack.broker_source import Source
from devstack.stack.gateways import WrongNumber, places
from devstack.stack.programs import programs
from devstack.stack.supervisord import Layout, configuration


def values(**environ: str) -> dict[str, str]:
    return environment.merged(Path("/project"), environ, {})


def test_one_gateway_is_the_default_and_listens_where_it_always_did() -> None:
    (only,) = places(values())

    assert (only.name, only.bind) == ("gateway", "127.0.0.1:8002")


def test_further_gateways_are_numbered_and_meet_no_other_port() -> None:
    every = values(GATEWAYS="16")
    binds = [value for name, value in every.items() if name.endswith("_BIND")]
    others = {bind.rpartition(":")[2] for bind in binds if ":" in bind} - {"8002"}

    many = places(every)

    assert [place.name for place in many[:2]] == ["gateway-1", "gateway-2"]
    assert [place.port for place in many[:3]] == [8002, 8012, 8022]
    assert not others & {str(place.port) for place in many}


@pytest.mark.parametrize("number", ["0", "17", "-1", "1.5", "three", "٣", "9" * 5_000])
def test_number_that_makes_no_sense_is_refused(number: str) -> None:
    with pytest.raises(WrongNumber, match="GATEWAYS must be a whole number from 1"):
        places(values(GATEWAYS=number))


def test_ports_that_there_are_not_are_refused() -> None:
    with pytest.raises(WrongNumber, match="GATEWAY_BIND"):
        places(values(GATEWAYS="3", GATEWAY_BIND="127.0.0.1:65520"))


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_each_gateway_is_started_under_its_name_and_known_to_the_edge(
    host: str,
) -> None:
    chosen = programs(
        Path("/project"),
        values(GATEWAYS="3", GATEWAY_BIND=f"{host}:8002"),
        Source.GIVEN,
    )

    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(configuration(Layout(Path("/project")), chosen))
    third = parser["program:gateway-3"]["environment"].replace("'", "")
    assert third == f"GATEWAY_BIND={host}:8022,GATEWAY_NAME=gateway-3"
    assert "gateway-1,gateway-2,gateway-3" in parser["group:services"]["programs"]
    addresses = chosen[-1].environment["GATEWAY_ADDRESS"].split()
    assert addresses == [f"{host}:{port}" for port in (8002, 8012, 8022)]


def test_several_gateways_are_told_with_their_ports() -> None:
    one, three = values(), values(GATEWAYS="3")

    few = banner(programs(Path("/project"), one, Source.GIVEN), one)
    many = banner(programs(Path("/project"), three, Source.GIVEN), three)

    assert "gateways" not in few
    assert "3, on the ports 8002, 8012, 8022" in many
