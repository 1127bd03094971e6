"""Access tokens as Supabase signs them (ES256), and the keys to check them with."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

ALGORITHM = "ES256"
_KEY_NAMESPACE = uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


class TokenSigner:
    """One signing key, kept in the data folder so that tokens outlive a restart."""

    def __init__(self, folder: Path, *, lifetime: int) -> None:
        self._lifetime = lifetime
        self._key = _load_or_make(folder / "jwt-es256.pem")
        public: dict[str, Any] = ECAlgorithm.to_jwk(
            self._key.public_key(), as_dict=True
        )
        self.key_id = str(uuid.uuid5(_KEY_NAMESPACE, public["x"]))
        self._public = public | {
            "kid": self.key_id,
            "alg": ALGORITHM,
            "use": "sig",
            "key_ops": ["verify"],
        }

    @property
    def lifetime(self) -> int:
        """Return how long a token is good for, in seconds."""
        return self._lifetime

    def jwks(self) -> dict[str, Any]:
        """Return the key set as the well-known address serves it."""
        return {"keys": [self._public]}

    def sign(self, user: dict[str, Any], *, issuer: str, session_id: str) -> str:
        """Return an access token of the user, with the claims that Supabase sets."""
        now = int(time.time())
        claims = {
            "iss": issuer,
            "aud": "authenticated",
            "sub": user["id"],
            "iat": now,
            "exp": now + self._lifetime,
            "role": "authenticated",
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": now}],
            "session_id": session_id,
            "email": user["email"],
            "phone": "",
            "is_anonymous": False,
            "app_metadata": user["app_metadata"],
            "user_metadata": user["user_metadata"],
        }
        return jwt.encode(
            claims, self._key, algorithm=ALGORITHM, headers={"kid": self.key_id}
        )

    def read(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a token of ours that is still good."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=[ALGORITHM],
                audience="authenticated",
            )
        except jwt.PyJWTError:
            return None
        return claims


def _load_or_make(file: Path) -> ec.EllipticCurvePrivateKey:
    if file.exists():
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key
    key = ec.generate_private_key(ec.SECP256R1())
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return key
