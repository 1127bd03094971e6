"""JSON as Postgres prints a jsonb value: key order, spacing and escapes.

Keys are ordered by length, then bytewise, at every level; `", "` and `": "` separate;
everything but control characters, quotes and backslashes stays as it is.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any


def text_of(value: Any) -> str:
    """Return `value::jsonb::text`."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(", ", ": "))


def timestamp(moment: datetime) -> str:
    """Return a timestamptz of a session in UTC: no trailing zeros in the fraction."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "+00:00"


def key_order(key: str) -> tuple[int, bytes]:
    """Return what jsonb sorts an object's keys by."""
    encoded = key.encode()
    return len(encoded), encoded


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=key_order)}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value
