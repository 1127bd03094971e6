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

    One that asks for a smaller window than ours cannot: the frame is made but once.
    """
    return any(_is_acceptable(offer) for offer in (extensions or "").split(","))


def _is_acceptable(offer: str) -> bool:
    name, *parameters = (part.strip() for part in offer.split(";"))
    if name != "permessage-deflate":
        return False
    for parameter in parameters:
        key, _, value = (part.strip() for part in parameter.partition("="))
        full_window = key == "server_max_window_bits" and value.strip('"') == "15"
        if key not in _HARMLESS and not full_window:
            return False
    return True
