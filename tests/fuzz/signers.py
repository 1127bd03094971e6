"""Who signs tokens: a project's keys, and what some verifiers mistake for them."""

from __future__ import annotations

import base64
import functools
import hmac
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

SECRET = "a secret of the project that is long enough"
#: A secret in the key set is none: everybody can read it there.
SHARED = b"a secret that everybody can read"

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


#: The three right ones, then no signature at all, a stranger's key, public keys taken
#: for a secret, no secret, one that everybody has, and another padding.
SIGNERS: tuple[Callable[[bytes], bytes], ...] = (
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


def token(header: bytes, claims: bytes, signer: int) -> str:
    """Return the token that one of SIGNERS makes of header and claims."""
    text = encoded(header) + b"." + encoded(claims)
    return (text + b"." + encoded(SIGNERS[signer](text))).decode()


def is_signed(header: dict[str, Any], text: bytes, code: bytes) -> bool:
    """Tell whether the key that the header names has signed, without PyJWT."""
    match header["alg"], header.get("kid"):
        case "HS256", _:
            made = hmac.digest(SECRET.encode(), text, "sha256")
            return hmac.compare_digest(made, code)
        case "ES256", "es":
            halves = (int.from_bytes(half, "big") for half in (code[:32], code[32:]))
            found = encode_dss_signature(*halves)
            return _verifies(_es.public_key().verify, found, text, ec.ECDSA(_SHA256))
        case "RS256", "rs":
            verify = _rs().public_key().verify
            return _verifies(verify, code, text, padding.PKCS1v15(), _SHA256)
    return False


def _verifies(verify: Callable[..., None], *parts: Any) -> bool:
    try:
        verify(*parts)
    except InvalidSignature:
        return False
    return True


def key_set() -> list[dict[str, Any]]:
    """Return the project's public keys, and one that should not be there."""
    shared = encoded(SHARED).decode()
    return [
        ECAlgorithm.to_jwk(_es.public_key(), as_dict=True) | {"kid": "es"},
        RSAAlgorithm.to_jwk(_rs().public_key(), as_dict=True) | {"kid": "rs"},
        {"kty": "oct", "k": shared, "kid": "oct", "alg": "HS256"},
    ]


def encoded(data: bytes) -> bytes:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def decoded(text: str) -> bytes:
    """Return what base64url stands for, with padding or without."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
