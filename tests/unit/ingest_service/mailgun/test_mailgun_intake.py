"""What becomes of a webhook of Mailgun's, decided without a socket or a broker."""

import json
from http import HTTPStatus

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_service.mailgun.intake import Accepted, Ignored, Refused, Rules, decide
from shared import events
from shared.addresses import key_of
from tests.plugins.mailgun_webhooks import JSON, KEY, NOW, TOKEN, hook, signature

RULES = Rules(keys=[KEY.encode()], max_age=43_200)


def ask(document, *, rules=RULES, now=NOW, headers=JSON):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return decide(body, headers, rules, now=now)


@pytest.mark.parametrize(
    "event",
    ["accepted", "delivered", "complained", "unsubscribed", "opened", "clicked"],
)
def test_each_event_is_told_of_the_mail_that_it_is_about(event):
    told = ask(hook(event)).event

    assert told.type == f"email.{event}"
    assert told.subject == told.data.submission_id == "s-1"
    assert told.data.outcome == event
    assert told.data.cause == "evt_1"
    assert told.data.recipient == "a***@artist.test"
    assert told.data.reason is None
    assert told.data.severity is msgspec.UNSET
    assert told.time == "2026-11-23T12:00:00.250+00:00"
    assert events.decode(events.encode(told)) == told


@pytest.mark.parametrize("severity", ["permanent", "temporary"])
def test_failure_says_whether_it_is_the_end_and_why(severity):
    status = {"code": 550, "message": "", "description": "no such\nuser <ada@x.test>"}
    told = ask(hook("failed", severity=severity, **{"delivery-status": status})).event

    assert told.type == "email.failed"
    assert told.data.severity == severity
    assert told.data.reason == "550 no such user <(address)>"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"delivery-status": {"code": 451, "message": "later"}}, "451 later"),
        ({"delivery-status": {"code": 605}, "reason": "suppress-bounce"},
         "605 suppress-bounce"),
        ({"reason": "generic"}, "generic"),
        ({"delivery-status": ["?"], "reason": "generic"}, "generic"),
        ({}, None),
        ({"reason": "x@y " * 100_000}, ("(address) " * 25)[:200]),
    ],
)  # fmt: skip
def test_reason_is_what_can_be_found_and_never_long(facts, reason):
    told = ask(hook("failed", severity="permanent", **facts)).event

    assert told.data.reason == reason


HARD = {"delivery-status": {"code": 550, "bounce-type": "hard"}}
SOFT = {"delivery-status": {"code": 550, "bounce-type": "soft"}}
PERMANENT = {"severity": "permanent"}


@pytest.mark.parametrize(
    ("event", "facts", "suppression"),
    [
        ("unsubscribed", {}, "unsubscribed"),
        ("complained", {}, "complained"),
        ("failed", PERMANENT | HARD | {"reason": "bounce"}, "bounced"),
        ("failed", PERMANENT | {"reason": "suppress-bounce"}, "bounced"),
        ("failed", PERMANENT | {"reason": "suppress-complaint"}, "complained"),
        ("failed", PERMANENT | {"reason": "suppress-unsubscribe"}, "unsubscribed"),
    ],
)
def test_address_that_must_get_no_more_mails_is_named_by_its_key(
    event, facts, suppression
):
    told = ask(hook(event, recipient=" Ada@Artist.test", **facts)).event.data

    assert told.suppression == suppression
    assert told.recipient_key == key_of("ada@artist.test")


@pytest.mark.parametrize(
    ("event", "facts"),
    [
        ("accepted", {}),
        ("delivered", {}),
        ("opened", {"reason": "suppress-bounce"}),
        ("failed", PERMANENT),
        ("failed", PERMANENT | SOFT | {"reason": "bounce"}),
        ("failed", PERMANENT | HARD | {"reason": "generic"}),
        ("failed", PERMANENT | {"reason": "old"}),
        ("failed", PERMANENT | {"reason": "bounce", "delivery-status": {}}),
        ("failed", HARD | {"severity": "temporary", "reason": "bounce"}),
        ("failed", {"severity": "temporary", "reason": "suppress-bounce"}),
        ("unsubscribed", {"recipient": None}),
    ],
)
def test_any_other_address_may_get_mails(event, facts):
    told = ask(hook(event, **facts)).event.data

    assert told.suppression is msgspec.UNSET
    assert told.recipient_key is msgspec.UNSET


def test_same_happening_has_the_same_id_and_another_one_another():
    first = ask(hook("delivered"))
    again = ask(hook("delivered", signature=signature(token="b" * 50)))
    others = [hook("opened"), hook("delivered", id="x"), hook("delivered", timestamp=5)]

    assert first.event.id == again.event.id
    assert first.event.id not in {ask(other).event.id for other in others}


def test_acceptance_has_the_id_that_the_mailer_gives_it():
    told = ask(hook("accepted", id="x")).event
    again = ask(hook("accepted", id="y", timestamp=5)).event

    assert told.id == again.id == events.derived_id("evt_1", "email.accepted")


@pytest.mark.parametrize(
    ("made", "fits"),
    [
        (signature(), True),
        (signature(timestamp=int(NOW)), True),
        (signature(key="other"), False),
        (signature(token="b" * 50) | {"token": TOKEN}, False),
        (signature() | {"timestamp": str(int(NOW) + 1)}, False),
        (signature(key="sub", parent_key=KEY), True),
        (signature(key="sub", parent_key="other"), False),
    ],
)
def test_only_what_was_signed_with_our_key_is_believed(made, fits):
    decision = ask(hook("delivered", signature=made))

    assert isinstance(decision, Accepted if fits else Refused)
    if not fits:
        assert decision.status == HTTPStatus.NOT_ACCEPTABLE
        assert decision.stamp is None


def test_each_of_several_keys_is_good_while_they_are_changed():
    rules = Rules(keys=[b"new", KEY.encode()], max_age=43_200)

    for key in ("new", KEY):
        document = hook("delivered", signature=signature(key=key))
        assert isinstance(ask(document, rules=rules), Accepted)


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        (-300, None),
        (-302, HTTPStatus.SERVICE_UNAVAILABLE),
        (0, None),
        (43_199, None),
        (43_201, HTTPStatus.NOT_ACCEPTABLE),
    ],
)
def test_signature_is_good_for_its_time(seconds, status):
    decision = ask(hook("delivered"), now=NOW + seconds)

    assert getattr(decision, "status", None) == status


def test_default_age_lets_the_last_retry_of_mailgun_in():
    from ingest_service.settings import IngestSettings

    minutes = 5 + 10 + 15 + 60 + 120 + 240
    default = IngestSettings.model_fields["mailgun_webhook_max_age_seconds"].default

    assert default > minutes * 60 * 1.5


@pytest.mark.parametrize(
    "document",
    [
        hook("stored"),
        hook("delivered", variables={}),
        hook("delivered", variables=[]),
        hook("delivered", variables=None),
        hook("delivered", variables={"event_id": "evt_1"}),
        hook("delivered", variables={"submission_id": "s-1", "event_id": ""}),
        hook("delivered", variables={"submission_id": "x" * 201, "event_id": "e"}),
        hook("delivered", variables={"my-test": "1"}),
    ],
)
def test_what_is_authentic_and_none_of_ours_is_ignored_and_uses_its_token(document):
    decision = ask(document)

    assert isinstance(decision, Ignored)
    assert decision.stamp.text == signature()["timestamp"] + TOKEN


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"event": None}, "$.event-data"),
        ({"id": 5}, "$.event-data"),
        ({"timestamp": "now"}, "$.event-data"),
        ({"timestamp": 1e11}, "$.event-data"),
        ({"timestamp": -1}, "$.event-data"),
        ({"recipient": ["a@b.test"]}, "$.event-data"),
        ({"recipient": "a" * 501}, "$.event-data"),
        ({"event": "failed"}, "$.event-data.severity"),
        ({"event": "failed", "severity": "bad"}, "$.event-data.severity"),
    ],
)
def test_authentic_but_malformed_is_never_to_be_sent_again(change, path):
    document = hook("delivered")
    document["event-data"] |= change

    decision = ask(document)

    assert decision.status == HTTPStatus.NOT_ACCEPTABLE
    assert decision.path == path
    assert decision.stamp is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"junk",
        b"[]",
        b"\xff{}",
        b"{}",
        b"[" * 10_000,
        json.dumps({"signature": "x"}).encode(),
        json.dumps({"signature": signature() | {"token": "short"}}).encode(),
        json.dumps({"signature": signature() | {"timestamp": "1e9"}}).encode(),
        json.dumps({"signature": signature() | {"timestamp": -5}}).encode(),
        json.dumps({"signature": signature() | {"signature": "é" * 64}}).encode(),
        json.dumps({"signature": signature()}).encode(),
    ],
)
def test_what_is_no_webhook_is_never_to_be_sent_again(body):
    assert ask(body).status == HTTPStatus.NOT_ACCEPTABLE


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "application/x-www-form-urlencoded"},
        JSON | {"content-encoding": "gzip"},
    ],
)
def test_other_forms_of_body_are_refused_unread(headers):
    assert ask(hook("delivered"), headers=headers).status == HTTPStatus.NOT_ACCEPTABLE


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
NAMES = ["event", "id", "timestamp", "recipient", "severity", "delivery-status"]


@given(st.dictionaries(st.sampled_from(NAMES), json_values), json_values)
def test_no_signed_webhook_causes_an_error(facts, variables):
    document = hook("failed", severity="permanent", variables=variables)
    document["event-data"] |= facts

    assert isinstance(ask(document), Accepted | Ignored | Refused)
