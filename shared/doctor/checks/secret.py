"""Are the secrets that we choose hard to guess, and in the right form?"""

from __future__ import annotations

import base64
import binascii
import math
from collections import Counter
from collections.abc import Sequence

from shared.doctor.findings import Finding, fault, ok, warning
from shared.signature import STANDARD_PREFIX

GROUP = "Secrets"
#: Standard Webhooks asks for 24 to 64 bytes.
MIN_BYTES, MAX_BYTES = 24, 64
#: What a guess of a text's entropy must come to, in bits.
MIN_BITS = 80.0
MAKE = "openssl rand -base64 32"
#: How much of a secret an example must be to count.
EXAMPLES_PART = 0.15
#: Parts of secrets that stand in documents and examples.
EXAMPLES = (
    "...", "changeme", "change-me", "secret", "password", "example", "your-", "your_",
    "test", "placeholder", "12345678", "abcdef", "melotech", "supabase", "mailgun",
    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
)  # fmt: skip


def webhook(secrets: Sequence[str]) -> list[Finding]:
    """Judge `WEBHOOK_SECRET`; several while one is rotated."""
    found = [
        finding
        for secret in secrets
        if (finding := _whsec(secret) if _is_whsec(secret) else _plain(secret))
    ]
    if len(secrets) > 1:
        found.append(
            warning(
                GROUP,
                "WEBHOOK_SECRET",
                f"{len(secrets)} secrets are good at once",
                "Once the database signs with the first, drop the others.",
            )
        )
    return found or [ok(GROUP, "WEBHOOK_SECRET", "whsec_ with enough random bytes")]


def static_header() -> list[Finding]:
    """Say what it costs to take the secret itself in a header."""
    return [
        warning(
            GROUP,
            "WEBHOOK_ALLOW_STATIC_HEADER",
            "unsigned webhooks are taken: who reads the database's triggers may send",
            "Install the SQL pack (docs/supabase.md), which signs, and unset it.",
        )
    ]


def chosen(name: str, secrets: Sequence[str]) -> list[Finding]:
    """Judge a secret that is any text of ours."""
    weak = [problem for secret in secrets if (problem := _weakness(secret))]
    if weak:
        return [
            fault(
                GROUP, name, weak[0], f"Make another: {MAKE}; and restart its readers."
            )
        ]
    return [ok(GROUP, name, "long and hard to guess")]


def signing_key(key: Sequence[str], *, api_keys: Sequence[str]) -> list[Finding]:
    """See that Mailgun's signing key is not one of its API keys."""
    name = "MAILGUN_WEBHOOK_SIGNING_KEY"
    if set(key) & set(api_keys):
        return [
            fault(
                GROUP,
                name,
                "is the API key: every webhook of Mailgun's will be refused",
                "Take the HTTP webhook signing key: Mailgun, Sending, Webhooks.",
            )
        ]
    return [ok(GROUP, name, "is not the API key")]


def entropy_bits(text: str) -> float:
    """Guess how many bits a text has: by how often each of its characters comes."""
    counts = Counter(text)
    each = sum(-n / len(text) * math.log2(n / len(text)) for n in counts.values())
    return each * len(text)


def _is_whsec(secret: str) -> bool:
    return secret.startswith(STANDARD_PREFIX)


def _whsec(secret: str) -> Finding | None:
    name, remedy = "WEBHOOK_SECRET", _another()
    encoded = secret.removeprefix(STANDARD_PREFIX)
    if problem := _example_in(encoded):
        return fault(GROUP, name, problem, remedy)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        text = "what follows whsec_ is not base64, so the database cannot sign with it"
        return fault(GROUP, name, text, remedy)
    if len(key) < MIN_BYTES:
        text = f"has {len(key)} bytes, and should have {MIN_BYTES} or more"
        return fault(GROUP, name, text, remedy)
    if len(set(key)) < MIN_BYTES // 3:
        return fault(GROUP, name, "repeats itself: that is not random", remedy)
    if len(key) > MAX_BYTES:
        text = f"has {len(key)} bytes; other senders allow {MAX_BYTES} at the most"
        return warning(GROUP, name, text, remedy)
    return None


def _plain(secret: str) -> Finding | None:
    if problem := _weakness(secret):
        return fault(GROUP, "WEBHOOK_SECRET", problem, _another())
    return warning(
        GROUP,
        "WEBHOOK_SECRET",
        "is plain text; it is strong, and Standard Webhooks writes whsec_ and base64",
        "When it is next rotated, give it that form: " + _another(),
    )


def _weakness(secret: str) -> str:
    if problem := _example_in(secret):
        return problem
    if len(secret) < MIN_BYTES:
        return f"has {len(secret)} characters, and should have {MIN_BYTES} or more"
    if entropy_bits(secret) < MIN_BITS:
        return "is easy to guess: few different characters"
    return ""


def _example_in(text: str) -> str:
    # A long random text may hold a short word by chance.
    low, least = text.lower(), len(text) * EXAMPLES_PART
    found = any(e.lower() in low and len(e) >= least for e in EXAMPLES)
    return "is an example, or made of words" if found else ""


def _another() -> str:
    return (
        f'echo "whsec_$({MAKE})", set it as WEBHOOK_SECRET of ingest, and tell the'
        " database: select melotech.configure(secret := '...')."
    )
