"""Close codes are an API: the same list for Python and TypeScript."""

import json
from pathlib import Path

from realtime_gateway.close_codes import CloseCode

VECTORS = Path(__file__).parents[2] / "vectors" / "close_codes.json"


def test_close_codes_are_those_of_the_vectors():
    ours = [
        {"code": code.number, "reason": code.reason, "reconnect": code.reconnect}
        for code in CloseCode
    ]

    assert ours == json.loads(VECTORS.read_text())


def test_every_reason_fits_into_a_close_frame():
    assert all(len(code.reason.encode()) <= 123 for code in CloseCode)
