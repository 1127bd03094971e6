"""permessage-deflate (RFC 7692): may a client be sent the shared, compressed frame?"""

from __future__ import annotations

#: What is answered: each message stands for itself, so a room can share it.
ANSWER = "permessage-deflate; server_no_context_takeover"
_HARMLESS = {
    "server_no_context_takeover",
    "client_no_context_takeover",
    "client_max_window_bits",
}


def is_offered(extensions: str | None) -> bool:
    """Tell whether one of the offers of Sec-WebSocket-Extensions can be accepted.

    One that says how large our window may be cannot: the frame is made but once.
    """
    return any(_is_acceptable(offer) for offer in (extensions or "").split(","))


def _is_acceptable(offer: str) -> bool:
    name, *parameters = (part.strip() for part in offer.split(";"))
    if name != "permessage-deflate":
        return False
    return all(each.partition("=")[0].strip() in _HARMLESS for each in parameters)
