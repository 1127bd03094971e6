"""The address that a connection comes from, as far as it can be believed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Network = IPv4Network | IPv6Network

#: Where the edge is when it runs on the same machine.
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

#: Some proxies write the port too: `203.0.113.9:443`, `[2001:db8::1]:443`.
_WITH_PORT = re.compile(
    r"\[(?P<v6>[^\]]+)\](?::\d+)?|(?P<v4>\d+(?:\.\d+){3}):\d+|(?P<plain>[^\[\]]+)"
)


def client_address(
    peer: str | None, forwarded_for: Sequence[str], trusted: Sequence[Network]
) -> str | None:
    """Return the client's address as a trusted proxy tells it, else None.

    `forwarded_for` are the values of X-Forwarded-For. A client may send that header
    too, so only what the last trusted proxy has appended counts.
    """
    if not _is_in(peer, trusted):
        return None
    hops = [hop.strip() for value in forwarded_for for hop in value.split(",")]
    while hops:
        hop = hops.pop()
        if not _is_in(hop, trusted) or not hops:
            return as_counted(hop)
    return None


def as_counted(address: str | None) -> str | None:
    """Return the address that a peer is counted by: of IPv6 a customer's network."""
    known = _parsed(address)
    if isinstance(known, IPv6Address):
        return str(ip_network((known, 64), strict=False))
    return None if known is None else str(known)


def _is_in(address: str | None, networks: Sequence[Network]) -> bool:
    known = _parsed(address)
    return known is not None and any(known in network for network in networks)


def _parsed(text: str | None) -> IPv4Address | IPv6Address | None:
    match = _WITH_PORT.fullmatch((text or "").strip())
    if match is None:
        return None
    try:
        address = ip_address(match["v6"] or match["plain"] or match["v4"])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
