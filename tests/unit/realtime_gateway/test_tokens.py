"""The project's keys: what can be used of a set, whatever else is in it."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from realtime_gateway.tokens import keys_in

KEY = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": ' + b"[" * 100_000,
    ],
)
def test_what_is_no_key_set_is_one_error_whatever_it_is(body):
    with pytest.raises(ValueError, match=r"."):
        keys_in(body)


def test_keys_that_cannot_be_used_do_not_hide_the_others():
    others = [None, {}, {"kid": "a"}, {"kid": "b", "kty": []}, {"kid": ["es"], **KEY}]
    others.append({"kid": "c", "kty": "oct", "alg": "HS256"})

    keys = keys_in(json.dumps({"keys": [*others, {"kid": "es", **KEY}]}).encode())

    assert list(keys) == ["es"]
