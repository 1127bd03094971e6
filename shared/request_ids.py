"""What a request is called in logs and answers: the sender's word if it is a UUID."""

from __future__ import annotations

import os
import re
from typing import Final

HEADER: Final = "X-Request-Id"
#: With hyphens or without. What may say more might say too much for a log.
_UUID = re.compile(
    r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
)


def request_id(told: str | None) -> str:
    """Return what the sender's `X-Request-Id` says, else a fresh id."""
    if told is not None and _UUID.fullmatch(told):
        return told
    return os.urandom(16).hex()
