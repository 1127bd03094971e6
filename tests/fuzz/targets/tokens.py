"""Access tokens: who is let in has a token of the project's keys, and nobody else.

The input's first byte says which of the signers signs the next lines, a header and
claims. Where it is none of them, the rest is a whole token.
"""

from __future__ import annotations

import json
import time
from typing import Any

from realtime_gateway.access import KEY_ROLES
from realtime_gateway.tokens import LEEWAY, MAX_TOKEN_BYTES
from tests.fuzz import project, signers, words
from tests.fuzz.project import AUDIENCE
from tests.fuzz.signers import SIGNERS, decoded
from tests.fuzz.target import Target

#: The year 2100.
LATER = 4_102_444_800


def check(data: bytes) -> None:
    """Raise where a token is believed without a proof, or another error comes."""
    token = _token_in(data)
    by_secret, by_keys = project.started().outcomes(token)
    if by_secret or by_keys:
        assert len(token) <= MAX_TOKEN_BYTES
        assert _is_proven(token, may_be_secret=not by_keys), "believed without a proof"


def _token_in(data: bytes) -> str:
    signer = data[0] if data else 255
    if signer >= len(SIGNERS):
        return data[1:].decode("utf-8", "surrogateescape")
    header, _, claims = data[1:].partition(b"\n")
    return signers.token(header, claims, signer)


def _is_proven(token: str, *, may_be_secret: bool) -> bool:
    head, claims, code = token.split(".")
    header = json.loads(decoded(head))
    if header["alg"] == "HS256" and not may_be_secret:
        return False
    text, said = f"{head}.{claims}".encode(), json.loads(decoded(claims))
    return signers.is_signed(header, text, decoded(code)) and _is_good(said)


def _is_good(claims: dict[str, Any]) -> bool:
    now, audience = time.time() + LEEWAY + 1, claims["aud"]
    begun = all(float(claims.get(name) or 0) <= now for name in ("nbf", "iat"))
    audiences = audience if isinstance(audience, list) else [audience]
    return begun and AUDIENCE in audiences and claims.get("role") not in KEY_ROLES


def _claims(**given: Any) -> bytes:
    good = {"sub": "u-1", "aud": AUDIENCE, "exp": LATER, "role": AUDIENCE}
    return json.dumps(good | given).encode()


_HEADERS = [
    b'{"alg":"ES256","kid":"es","typ":"JWT"}',
    b'{"alg":"RS256","kid":"rs"}',
    b'{"alg":"HS256"}',
    b'{"alg":"HS256","kid":"oct"}',
    b'{"alg":"none"}',
]
_CLAIMS = [
    _claims(exp=1),
    _claims(exp=str(LATER)),
    _claims(nbf=LATER),
    _claims(iat=LATER),
    _claims(aud=[AUDIENCE, "x"], app_metadata={"role": "admin"}),
    _claims(role="service_role"),
    _claims(sub=""),
    _claims(sub="u\ud800"),
]


def _seeds() -> list[bytes]:
    """Return each header by each signer, and all claims by one that is right."""
    by = [bytes([signer]) for signer in range(len(SIGNERS))]
    signed = [one + each + b"\n" + _claims() for one in by for each in _HEADERS]
    claimed = [by[2] + _HEADERS[2] + b"\n" + each for each in _CLAIMS]
    return [
        *signed,
        *claimed,
        b"\xff" + signers.token(_HEADERS[0], _claims(), 0).encode(),
    ]


TARGET = Target(
    name="tokens",
    check=check,
    seeds=_seeds(),
    words=[
        *words.JSON,
        *(b"\n", b".", b"..", b"=", b'"HS256"', b'"none"', b'"ES256"', b'"RS256"'),
        *(b'"kid":"es",', b'"kid":"rs",', b'"kid":"oct",', b'"kid":"?",'),
        *(b'"kid":[],', b'"crit":["b64"],"b64":false,', b'"jwk":{},', b'"zip":"DEF",'),
        *(b'"exp":Infinity,', b'"exp":NaN,', b'"nbf":1e400,', b'"aud":[],'),
        *(b'"sub":null,', b'"sub":5,'),
        *(bytes([signer]) for signer in range(len(SIGNERS))),
    ],
)
