"""Answers and findings, for the tests of what the doctor makes of them."""

from __future__ import annotations

import base64
import hmac
import json

from shared.doctor.probes.http import Answer, NoAnswer

NOW = 1_800_000_000.0
AWAY = NoAnswer("nobody listens there")
URL = "https://abcd.supabase.co"


def said(status: int, document: object = None) -> Answer:
    return Answer(status=status, body=json.dumps(document).encode())


def worst(findings) -> str:
    order = ["ok", "warning", "fault"]
    return max((each.verdict for each in findings), key=order.index, default="nothing")


def holds_remedies(findings) -> bool:
    return all(bool(each.remedy) is (each.verdict != "ok") for each in findings)


def jwt(secret_text: str = "s", **claims: object) -> str:
    def part(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    head = part(json.dumps({"alg": "HS256"}).encode())
    signed = f"{head}.{part(json.dumps(claims).encode())}"
    return (
        f"{signed}.{part(hmac.digest(secret_text.encode(), signed.encode(), 'sha256'))}"
    )


def whsec(raw: bytes) -> str:
    return "whsec_" + base64.b64encode(raw).decode()
