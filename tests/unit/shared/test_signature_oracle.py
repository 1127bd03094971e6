"""Signatures against any bytes, with the official library as the oracle."""

import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from shared import signature
from shared.signature import Refused, Verified

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
KEYS = signature.keys_of([SECRET])
NAMES = [
    "x-signature",
    "x-webhook-secret",
    *(
        f"{prefix}-{name}"
        for prefix in ("webhook", "svix")
        for name in ("id", "timestamp", "signature")
    ),
]
#: What a server makes of a header: any byte but those that end a line.
header_values = st.text(
    st.characters(max_codepoint=255, exclude_characters="\r\n\x00"), max_size=300
)
signatures = st.lists(
    st.sampled_from(["v1,", "v1a,", "v2,", ",", " ", "=", "AAAA", "\xff", "v1"])
).map("".join)


def official(body, headers):
    try:
        Webhook(SECRET).verify(body, headers, json_parse=False)
    except WebhookVerificationError:
        return False
    return True


def signed(body, *, webhook_id, age):
    at = int(time.time()) - age
    moment = datetime.fromtimestamp(at, UTC)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at),
        "webhook-signature": Webhook(SECRET).sign(webhook_id, moment, body),
    }


def verify(body, headers, *, now=0.0):
    return signature.verify(body, headers, keys=KEYS, now=now, tolerance=300)


@given(
    body=st.binary(max_size=50),
    headers=st.dictionaries(
        st.sampled_from(NAMES), header_values | signatures, max_size=6
    ),
)
def test_no_header_bytes_raise_and_none_are_believed(body, headers):
    assert isinstance(verify(body, headers), Refused)
    static = signature.verify_static(headers, [SECRET.encode()])
    assert isinstance(static, Refused)


@given(
    body=st.text(max_size=100),
    webhook_id=st.text(
        st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=200
    ),
    age=st.integers(min_value=-290, max_value=290)
    | st.integers(min_value=310, max_value=10_000)
    | st.integers(min_value=-10_000, max_value=-310),
    others=st.lists(st.sampled_from(["v1,AAAA", "v1a,xyz", "v2,"]), max_size=3),
)
def test_what_the_library_signs_is_believed_exactly_when_the_library_believes_it(
    body, webhook_id, age, others
):
    headers = signed(body, webhook_id=webhook_id, age=age)
    headers["webhook-signature"] = " ".join([*others, headers["webhook-signature"]])

    outcome = verify(body.encode(), headers, now=time.time())

    assert isinstance(outcome, Verified) is official(body.encode(), headers)
    assert outcome == Verified(webhook_id) or abs(age) > 300


@given(
    position=st.integers(min_value=0),
    character=st.characters(min_codepoint=33, max_codepoint=126),
    name=st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]),
)
def test_what_was_tampered_with_is_believed_only_where_the_library_believes_it(
    position, character, name
):
    headers = signed("{}", webhook_id="msg_1", age=0)
    characters = list(headers[name])
    characters[position % len(characters)] = character
    headers[name] = "".join(characters)

    if isinstance(verify(b"{}", headers, now=time.time()), Verified):
        assert official(b"{}", headers)


@pytest.mark.parametrize("count", [0, 1, 50])
def test_any_number_of_keys_may_be_tried(count):
    others = signature.keys_of([f"secret {number}" for number in range(count)])
    headers = signed("{}", webhook_id="msg_1", age=0)

    outcome = signature.verify(
        b"{}", headers, keys=[*others, *KEYS], now=time.time(), tolerance=300
    )
    assert outcome == Verified("msg_1")
