"""Facts of an event for people: mail addresses may be recognised, and not used."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime

from shared.events import mask

#: Whatever is nested deeper was made to do harm.
MAX_DEPTH = 20
#: A body beyond it is shown by its beginning, in bytes.
MAX_READ = 1_000_000
MAX_SHOWN = 2_000

# Begins only where a word does, so that a long text is read once and not once for each
# of its letters.
_ADDRESS = re.compile(r"(?<![^\s<>\"'(),;@])[^\s<>\"'(),;@]++@[^\s<>\"'(),;]+")


def masked_text(text: str) -> str:
    """Return the text with every mail address masked."""
    return _ADDRESS.sub(lambda found: mask(found.group()), text)


def facts_of(body: bytes, *, full: bool) -> object:
    """Return what a body says as JSON has it, or its beginning where it is no JSON."""
    try:
        if len(body) <= MAX_READ:
            return plain(json.loads(body, parse_constant=str), full=full)
    except (ValueError, RecursionError):
        pass
    start = body[:MAX_SHOWN].decode("utf-8", "backslashreplace")
    return start if full else masked_text(start)


def plain(value: object, *, full: bool, depth: int = 0) -> object:
    """Return a header's or a row's value as JSON can hold it, masked unless `full`."""
    if depth > MAX_DEPTH:
        return "..."
    if isinstance(value, Mapping):
        return {
            _name(key, full=full): _masked_column(key, item, full=full, depth=depth)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [plain(item, full=full, depth=depth + 1) for item in value]
    return _scalar(value, full=full)


def _masked_column(key: object, value: object, *, full: bool, depth: int) -> object:
    if full or value is None or "email" not in str(key).lower():
        return plain(value, full=full, depth=depth + 1)
    return mask(value) if isinstance(value, str) else "***"


def _name(key: object, *, full: bool) -> str:
    return str(key) if full else masked_text(str(key))


def _scalar(value: object, *, full: bool) -> object:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    if isinstance(value, str):
        return value if full else masked_text(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    known = value is None or isinstance(value, bool | int | float)
    return value if known else str(value)
