"""A secret in every form that a log may have it in."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus


def forms(secret: str) -> set[bytes]:
    """Return the secret as it is, escaped, percent-encoded, in base64 and in hex."""
    raw = secret.encode()
    plain = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
    }
    found = {each.encode() for each in plain} | {raw.hex().encode()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # Within a longer text; the ends depend on what stands beside it.
            encoded = encode(bytes(shift) + raw).rstrip(b"=")
            found.add(encoded[(shift * 8 + 5) // 6 : -1])
    return found


def leaks(logs: Mapping[Path, bytes], secrets: Mapping[str, str]) -> Iterator[str]:
    """Yield where a secret stands, by its name and with the line's beginning."""
    for name, secret in secrets.items():
        wanted = forms(secret)
        for path, text in logs.items():
            for line in text.splitlines() if any(f in text for f in wanted) else []:
                if any(form in line for form in wanted):
                    yield f"{name} in {path.name}: {line[:300]!r}"
