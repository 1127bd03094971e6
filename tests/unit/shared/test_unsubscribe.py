"""Links that end mails: made by us alone, and whole or nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import unsubscribe
from shared.errors import Malformed
from shared.unsubscribe import MAX_TOKEN_LENGTH, Subscription

KEY, OTHER = b"k" * 16, b"o" * 16
ADA = Subscription(
    event_id="msg_03",
    submission_id="s-1",
    recipient_key="0f" * 16,
    masked="å***@x.test",
)
texts = st.text(st.characters(codec="utf-8"), max_size=60)
subscriptions = st.builds(
    Subscription,
    event_id=texts,
    submission_id=texts,
    recipient_key=texts,
    masked=texts,
)


def token_of(subscription, key=KEY):
    return unsubscribe.link("https://x.test", subscription, key).rpartition("/")[2]


@given(subscriptions)
def test_link_says_again_what_it_was_made_from(subscription):
    token = token_of(subscription)

    assert unsubscribe.read(token, [KEY]) == subscription
    assert re.fullmatch(r"[\w.-]+", token, re.ASCII)


def test_link_stands_below_the_public_address():
    for url in ("https://x.test/app", "https://x.test/app/"):
        link = unsubscribe.link(url, ADA, KEY)
        assert link.startswith("https://x.test/app/unsubscribe/")


def test_link_is_good_while_its_key_is_one_of_those_in_use():
    token = token_of(ADA)

    assert unsubscribe.read(token, [OTHER, KEY]) == ADA
    for keys in ([OTHER], []):
        with pytest.raises(Malformed):
            unsubscribe.read(token, keys)


@given(st.data())
def test_changed_link_is_none_of_ours(data):
    token = token_of(ADA)
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("Aab9_-.é"))
    changed = token[:place] + letter + token[place + 1 :]

    if changed != token:
        with pytest.raises(Malformed):
            unsubscribe.read(changed, [KEY])


@given(st.text())
def test_no_text_is_a_link_by_accident(text):
    with pytest.raises(Malformed):
        unsubscribe.read(text, [KEY])


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b'["a","b","c",4]', b"\xff", b'{"a":1}', b"[" * 900]
)
def test_what_we_signed_and_do_not_understand_is_refused(payload):
    code = unsubscribe._code(payload, KEY)
    token = f"{unsubscribe._encoded(payload)}.{unsubscribe._encoded(code)}"

    with pytest.raises(Malformed):
        unsubscribe.read(token, [KEY])


def test_long_link_is_refused_before_it_is_looked_at():
    with pytest.raises(Malformed, match="too long"):
        unsubscribe.read("é" * (MAX_TOKEN_LENGTH + 1), [KEY])


def test_ids_that_no_request_could_carry_make_no_link():
    long = Subscription(
        event_id="e" * 2_000, submission_id="s", recipient_key="k", masked="m"
    )

    with pytest.raises(Malformed):
        unsubscribe.link("https://x.test", long, KEY)


def test_longest_ids_that_occur_fit_into_a_link():
    long = Subscription(
        event_id="e" * 200,
        submission_id="s" * 200,
        recipient_key="0" * 32,
        masked="å***@" + "ü" * 253,
    )

    assert unsubscribe.read(token_of(long), [KEY]) == long
