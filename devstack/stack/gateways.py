"""How many gateways run, what each is called, and where it listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.address import host_and_port

MOST = 16
#: From one gateway's port to the next one's: 8002, 8012, 8022, ... meet no other's.
PORT_STEP = 10
HIGHEST_PORT = 65_535


class WrongNumber(Exception):
    """GATEWAYS is no number of gateways; the text says what it may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One gateway's name and address."""

    name: str
    host: str
    port: int

    @property
    def bind(self) -> str:
        """Return the address as GATEWAY_BIND has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def places(values: Mapping[str, str]) -> list[Place]:
    """Return a place for each gateway, the first at GATEWAY_BIND; raise WrongNumber."""
    count = _count(values["GATEWAYS"])
    host, first = host_and_port(values["GATEWAY_BIND"])
    if first + PORT_STEP * (count - 1) > HIGHEST_PORT:
        raise WrongNumber(f"GATEWAY_BIND leaves no ports for {count} gateways")
    return [
        Place(
            name="gateway" if count == 1 else f"gateway-{number + 1}",
            host=host,
            port=first + PORT_STEP * number,
        )
        for number in range(count)
    ]


def _count(text: str) -> int:
    # No sign, no other script's digits, nothing long: int() would take them.
    if text.isascii() and text.isdigit() and len(text) < 3 and 1 <= int(text) <= MOST:
        return int(text)
    raise WrongNumber(f"GATEWAYS must be a whole number from 1 to {MOST}")
