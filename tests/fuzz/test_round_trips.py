"""What is written is read as it was, and what is changed by one bit is refused."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest_service.intake import Accepted, event_of
from ingest_service.mailgun.intake import Refused, decide
from realtime_gateway.api import cursors
from realtime_gateway.api.cursors import History, Snapshot
from shared import events, signature
from shared.events import (
    ChangeData,
    ChangeEvent,
    EmailData,
    EmailEvent,
    RevocationData,
    RevocationEvent,
)
from shared.signature import Verified
from tests.fuzz import project, signers
from tests.fuzz.targets import mailgun_webhooks, signatures
from tests.fuzz.targets.signatures import KEYS, NOW, STATIC, TOLERANCE
from tests.fuzz.targets.tokens import LATER
from tests.plugins import mailgun_webhooks as made

#: The same in each run.
settings_of_a_run = settings(max_examples=200, derandomize=True, database=None)

text = st.text(max_size=40)
maybe = st.none() | text
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3)
    ),
    max_leaves=6,
)
raws = values.map(lambda value: msgspec.Raw(json.dumps(value).encode()))
rows = st.dictionaries(text, raws, max_size=4)
envelope = dict.fromkeys(("id", "source", "subject", "time"), text)
changes = st.builds(
    ChangeEvent,
    **envelope,
    type=text.map("submission.".__add__),
    sequence=st.just(msgspec.UNSET) | text,
    fingerprint=st.just(msgspec.UNSET) | text,
    data=st.builds(
        ChangeData,
        operation=st.sampled_from(["INSERT", "UPDATE", "DELETE"]),
        submission_id=text,
        artist_id=maybe,
        title=maybe,
        updated_fields=st.lists(text, max_size=3),
        record=st.none() | rows,
        old_record=st.none() | rows,
        extra=st.just(msgspec.UNSET) | rows,
    ),
)
mails = st.builds(
    EmailEvent,
    **envelope,
    type=text.map("email.".__add__),
    data=st.builds(
        EmailData,
        submission_id=text,
        outcome=text,
        recipient=maybe,
        severity=st.sampled_from([msgspec.UNSET, "permanent", "temporary"]),
        suppression=st.sampled_from([msgspec.UNSET, "bounced", "unsubscribed"]),
    ),
)
revocations = st.builds(
    RevocationEvent,
    **envelope,
    type=st.just(events.ACCESS_REVOKED),
    data=st.builds(RevocationData, user_id=maybe, room=maybe, connection_id=maybe),
)


@settings_of_a_run
@given(changes | mails | revocations)
def test_event_comes_off_the_bus_as_it_went_on(event):
    assert events.decode(events.encode(event)) == event


@settings_of_a_run
@given(columns=st.dictionaries(text, values, max_size=4), ascii_only=st.booleans())
def test_row_of_any_values_comes_to_the_bus_as_the_database_wrote_it(
    columns, ascii_only
):
    row = {**columns, "id": "s-1", "status": "x", "title": "t"}
    row = {**row, "userid": "a", "updated_at": None}
    body = json.dumps(
        {"type": "INSERT", "table": "submissions", "record": row},
        ensure_ascii=ascii_only,
    ).encode()

    told = event_of(body, table="submissions", now=0.0, event_id="e")

    assert isinstance(told, Accepted)
    record = events.decode(events.encode(told.event)).data.record
    assert {name: json.loads(bytes(raw)) for name, raw in record.items()} == row


plain = st.from_regex(rf"[^\x00-\x1f\x7f]{{1,{cursors.MAX_LENGTH}}}", fullmatch=True)


@settings_of_a_run
@given(st.builds(History, plain) | st.builds(Snapshot, plain, st.none() | plain))
def test_cursor_of_any_ids_leads_back_to_them(cursor):
    assert cursors.read(type(cursor), cursors.write(cursor)) == cursor


@settings_of_a_run
@given(st.binary(max_size=100), st.integers(min_value=0))
def test_standard_signature_covers_every_bit_of_any_bytes(body, bit):
    headers = signatures.standard(body)

    assert _verdict(body, headers) == Verified("msg_1")
    assert not isinstance(_verdict(_flipped(body + b"\x00", bit), headers), Verified)


@settings_of_a_run
@given(bit=st.integers(min_value=0))
def test_static_secret_is_refused_with_any_bit_changed(bit):
    secret = STATIC[0].decode()
    other = _flipped(STATIC[0], bit).decode("latin-1")

    for given_, expected in ((secret, True), (other, False)):
        outcome = signature.verify_static({signature.STATIC: given_}, STATIC)
        assert isinstance(outcome, Verified) is expected


@settings_of_a_run
@given(
    name=st.sampled_from(["timestamp", "token", "signature"]),
    bit=st.integers(min_value=0),
)
def test_mailgun_signature_is_refused_with_any_bit_changed(name, bit):
    honest = made.signature()
    changed = _flipped(honest[name].encode(), bit).decode("latin-1")
    if changed.lower() == honest[name] and name == "signature":
        return  # hexadecimal digits in capitals are the same

    assert _decided(honest).stamp is not None
    outcome = _decided(honest | {name: changed})
    assert isinstance(outcome, Refused)
    assert outcome.stamp is None


@pytest.fixture(scope="module")
def verifiers():
    yield project.started()
    project.stop()


@pytest.mark.parametrize(
    ("signer", "alg", "with_secret"),
    [(0, "ES256", 0), (1, "RS256", 0), (2, "HS256", 1)],
)
@settings(settings_of_a_run, max_examples=25)
@given(
    subject=st.text("aé-|.: 1", min_size=1, max_size=40), bit=st.integers(min_value=0)
)
def test_token_lets_its_owner_in_and_nobody_with_any_bit_changed(
    verifiers, signer, alg, with_secret, subject, bit
):
    kid = {"ES256": "es", "RS256": "rs"}.get(alg)
    header = json.dumps({"alg": alg, "kid": kid} if kid else {"alg": alg}).encode()
    claims = {"sub": subject, "aud": project.AUDIENCE, "exp": LATER}
    token = signers.token(header, json.dumps(claims).encode(), signer)
    parts = [signers.decoded(part) for part in token.split(".")]
    which = bit % 3
    parts[which] = _flipped(parts[which], bit // 3)

    changed = ".".join(signers.encoded(part).decode() for part in parts)

    assert verifiers.outcomes(token) == [True, not with_secret]
    assert verifiers.outcomes(changed) == [False, False]


def _flipped(data, bit):
    flipped = bytearray(data)
    flipped[(bit // 8) % len(data)] ^= 1 << bit % 8
    return bytes(flipped)


def _verdict(body, headers):
    return signature.verify(
        body, headers, keys=KEYS, now=float(NOW), tolerance=TOLERANCE
    )


def _decided(signed):
    body = json.dumps(made.hook("delivered", signature=signed)).encode()
    return decide(body, made.JSON, mailgun_webhooks.RULES, now=made.NOW)
