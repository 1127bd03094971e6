"""A text message as the bytes of one WebSocket frame (RFC 6455, section 5.2).

Server frames are unmasked, so a room shares one frame: it is built once and handed to
each transport as it is.
"""

from __future__ import annotations

FIN_TEXT = 0x81


def text_frame(payload: bytes) -> bytes:
    """Return the unfragmented, uncompressed text frame that carries `payload`."""
    length = len(payload)
    if length < 126:
        header = bytes((FIN_TEXT, length))
    elif length < 1 << 16:
        header = bytes((FIN_TEXT, 126)) + length.to_bytes(2, "big")
    else:
        header = bytes((FIN_TEXT, 127)) + length.to_bytes(8, "big")
    return header + payload
