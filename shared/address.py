"""Where a service listens: `host:port`, `[::1]:port` or `:port`."""

from __future__ import annotations

from urllib.parse import urlsplit


def host_and_port(bind: str) -> tuple[str, int]:
    """Return the two parts; raise ValueError where there is no port."""
    parts = urlsplit(f"//{bind}")
    if parts.port is None:
        raise ValueError(f"{bind!r} has no port: write host:port")
    # Containers are reached by their network alone; the settings say where else.
    return parts.hostname or "0.0.0.0", parts.port  # nosec B104 # see above
