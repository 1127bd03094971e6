"""What every way of taking a webhook must do; the plain ways share it."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime
from typing import Any

PATH = "/webhook/submission-update"


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Tell whether `X-Signature` is that of the body."""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)


def event_of(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the CloudEvent that tells of a change; its type is its routing key."""
    record, old = payload["record"] or {}, payload["old_record"] or {}
    changed = [name for name in record if record[name] != old.get(name)]
    status_changed = payload["type"] == "UPDATE" and "status" in changed
    row = record or old
    return {
        "specversion": "1.0",
        "id": f"evt_{uuid.uuid4().hex}",
        "source": "/melotech/ingest",
        "type": "submission.status-changed" if status_changed else "submission.updated",
        "subject": row["id"],
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "data": {
            "operation": payload["type"],
            "submission_id": row["id"],
            "artist_id": row["userid"],
            "title": row["title"],
            "updated_fields": changed,
            "record": record,
            "old_record": old,
        },
    }


def encoded(event: dict[str, Any]) -> bytes:
    """Return the event as the message's body."""
    return json.dumps(event, ensure_ascii=False).encode()
