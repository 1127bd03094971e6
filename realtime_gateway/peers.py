"""The address that a connection comes from, as far as it can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


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
            return _address(hop)
    return None


def _is_in(address: str | None, networks: Sequence[Network]) -> bool:
    known = _address(address)
    return known is not None and any(ip_address(known) in net for net in networks)


def _address(text: str | None) -> str | None:
    try:
        return str(ip_address(text or ""))
    except ValueError:
        return None
