"""Access tokens: who is let in has a token of the project's keys, and nobody else.

The input's first byte says who signs: nobody (the rest is a whole token), or one of
`SIGNERS` what the next lines say, a header and claims.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import functools
import hmac
import json
import time
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from realtime_gateway.access import KEY_ROLES, LATEST, TokenExpired, TokenRefused
from realtime_gateway.tokens import LEEWAY, MAX_TOKEN_BYTES, TokenVerifier
from shared.supabase import JWKS_PATH
from tests.fuzz import words
from tests.fuzz.target import Target

SECRET = "a secret of the project that is long enough"
AUDIENCE = "authenticated"
#: A secret in the key set is none: everybody can read it there.
SHARED = b"a secret that everybody can read"
#: The year 2100.
LATER = 4_102_444_800

_SHA256 = hashes.SHA256()
_es = ec.derive_private_key(2**200 + 7, ec.SECP256R1())
_foreign = ec.derive_private_key(2**201 + 9, ec.SECP256R1())


@functools.cache
def _rs() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def _pem(key: Any) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat
    pem: bytes = key.public_key().public_bytes(encoding, form.SubjectPublicKeyInfo)
    return pem


def _ecdsa(key: ec.EllipticCurvePrivateKey, text: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(text, ec.ECDSA(_SHA256)))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


#: Right ones, and those that confuse: no signature, a stranger's key, and public keys
#: taken for a secret that two share.
SIGNERS = (
    lambda text: _ecdsa(_es, text),
    lambda text: _rs().sign(text, padding.PKCS1v15(), _SHA256),
    lambda text: hmac.digest(SECRET.encode(), text, "sha256"),
    lambda text: b"",
    lambda text: _ecdsa(_foreign, text),
    lambda text: hmac.digest(_pem(_es), text, "sha256"),
    lambda text: hmac.digest(_pem(_rs()), text, "sha256"),
    lambda text: hmac.digest(b"", text, "sha256"),
    lambda text: hmac.digest(SHARED, text, "sha256"),
    lambda text: _rs().sign(text, padding.PSS(padding.MGF1(_SHA256), 32), _SHA256),
)


class Project:
    """A project's key set, served over HTTP, and verifiers with and without HS256."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._verifiers = self._loop.run_until_complete(self._start())

    def outcomes(self, token: str) -> list[bool]:
        """Return whether the token is accepted: with the secret set, and without."""
        return self._loop.run_until_complete(self._ask(token))

    async def _ask(self, token: str) -> list[bool]:
        return [await _is_accepted(each, token) for each in self._verifiers]

    async def _start(self) -> list[TokenVerifier]:
        app = web.Application()
        app.router.add_get(JWKS_PATH, _key_set)
        self._server = TestServer(app)
        await self._server.start_server()
        self._session = aiohttp.ClientSession()
        url = str(self._server.make_url("")).rstrip("/")
        return [
            TokenVerifier(
                self._session, supabase_url=url, audience=AUDIENCE, secret=secret
            )
            for secret in (SECRET, None)
        ]

    def close(self) -> None:
        """Stop serving."""
        self._loop.run_until_complete(self._session.close())
        self._loop.run_until_complete(self._server.close())
        self._loop.close()


async def _key_set(_request: web.Request) -> web.Response:
    keys = [
        ECAlgorithm.to_jwk(_es.public_key(), as_dict=True) | {"kid": "es"},
        RSAAlgorithm.to_jwk(_rs().public_key(), as_dict=True) | {"kid": "rs"},
        {"kty": "oct", "k": _encoded(SHARED).decode(), "kid": "oct", "alg": "HS256"},
    ]
    return web.json_response({"keys": keys})


async def _is_accepted(verifier: TokenVerifier, token: str) -> bool:
    try:
        identity = await verifier.verify(token)
    except (TokenRefused, TokenExpired):
        return False
    assert identity.subject
    assert identity.subject.isprintable()
    assert time.time() - 1 < identity.expires_at <= LATEST
    return True


project = functools.cache(Project)


def check(data: bytes) -> None:
    """Raise where a token is believed without a proof, or another error comes."""
    token = _token_in(data)
    for accepted, asymmetric_only in zip(
        project().outcomes(token), (False, True), strict=True
    ):
        if accepted:
            assert len(token) <= MAX_TOKEN_BYTES
            assert _is_proven(token, asymmetric_only), "believed without a proof"


def _token_in(data: bytes) -> str:
    signer = data[0] if data else 255
    if signer >= len(SIGNERS):
        return data[1:].decode("utf-8", "surrogateescape")
    header, _, claims = data[1:].partition(b"\n")
    return sign(header, claims, signer)


def sign(header: bytes, claims: bytes, signer: int) -> str:
    """Return the token that one of SIGNERS makes of it."""
    text = _encoded(header) + b"." + _encoded(claims)
    return (text + b"." + _encoded(SIGNERS[signer](text))).decode()


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _is_proven(token: str, asymmetric_only: bool) -> bool:
    head, claims, code = token.split(".")
    header, text = json.loads(_decoded(head)), f"{head}.{claims}".encode()
    if header["alg"] == "HS256" and asymmetric_only:
        return False
    return _is_signed(header, text, _decoded(code)) and _says(
        json.loads(_decoded(claims))
    )


def _is_signed(header: dict[str, Any], text: bytes, code: bytes) -> bool:
    match header["alg"], header.get("kid"):
        case "HS256", _:
            return hmac.compare_digest(
                hmac.digest(SECRET.encode(), text, "sha256"), code
            )
        case "ES256", "es":
            halves = (int.from_bytes(half, "big") for half in (code[:32], code[32:]))
            found = encode_dss_signature(*halves)
            return _verifies(
                lambda: _es.public_key().verify(found, text, ec.ECDSA(_SHA256))
            )
        case "RS256", "rs":
            public = _rs().public_key()
            return _verifies(
                lambda: public.verify(code, text, padding.PKCS1v15(), _SHA256)
            )
    return False


def _verifies(verify: Any) -> bool:
    try:
        verify()
    except (InvalidSignature, binascii.Error):
        return False
    return True


def _says(claims: dict[str, Any]) -> bool:
    now, audience = time.time() + LEEWAY + 1, claims["aud"]
    begun = all(float(claims.get(name) or 0) <= now for name in ("nbf", "iat"))
    meant = audience == AUDIENCE or (
        isinstance(audience, list) and AUDIENCE in audience
    )
    return begun and meant and claims.get("role", "") not in KEY_ROLES


def _claims(**given: Any) -> bytes:
    fresh = {"sub": "u-1", "aud": AUDIENCE, "exp": LATER, "role": AUDIENCE}
    return json.dumps(fresh | given).encode()


def _headers() -> list[bytes]:
    kinds = [("ES256", "es"), ("RS256", "rs"), ("HS256", None), ("none", None)]
    return [
        json.dumps(
            {"alg": alg, "typ": "JWT", "kid": kid} if kid else {"alg": alg}
        ).encode()
        for alg, kid in kinds
    ]


def seeds() -> list[bytes]:
    """Return each kind of header by each signer, and claims that play with time."""
    signed = [
        bytes([signer]) + header + b"\n" + _claims()
        for signer in range(len(SIGNERS))
        for header in _headers()
    ]
    secret = [bytes([2]) + _headers()[2] + b"\n" + claims for claims in CLAIMS]
    return [*signed, *secret, b"\xff" + sign(_headers()[0], _claims(), 0).encode()]


CLAIMS = (
    _claims(exp=1),
    _claims(exp=str(LATER)),
    _claims(nbf=LATER),
    _claims(iat=LATER),
    _claims(aud=[AUDIENCE, "x"], app_metadata={"role": "admin"}),
    _claims(role="service_role"),
    _claims(sub=""),
    _claims(sub="u\ud800"),
)

TARGET = Target(
    name="tokens",
    check=check,
    seeds=seeds(),
    words=[
        *words.JSON,
        *(b"\n", b".", b"..", b"=", b'"HS256"', b'"none"', b'"ES256"', b'"RS256"'),
        *(b'"kid":"es",', b'"kid":"rs",', b'"kid":"oct",', b'"kid":"?",', b'"kid":[],'),
        *(
            b'"crit":["b64"],"b64":false,',
            b'"exp":Infinity,',
            b'"exp":NaN,',
            b'"nbf":1e400,',
        ),
        *(b'"jwk":{},', b'"zip":"DEF",', b'"sub":null,', b'"sub":5,', b'"aud":[],'),
        *(bytes([signer]) for signer in range(len(SIGNERS))),
    ],
)
