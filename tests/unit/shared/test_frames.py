"""The frames of a publish are those that pika itself writes."""

from __future__ import annotations

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika import frame, spec

from shared.amqp import frames
from shared.amqp.message import Message

FRAME_MAX = 4096


def pikas_own(channel, message):
    method = spec.Basic.Publish(
        exchange=message.exchange, routing_key=message.routing_key, mandatory=True
    )
    properties = pika.BasicProperties(
        content_type="application/cloudevents+json",
        delivery_mode=2,
        message_id=message.message_id,
        headers=dict(message.headers) or None,
    )
    yield frame.Method(channel, method).marshal()
    yield frame.Header(channel, len(message.body), properties).marshal()
    most = FRAME_MAX - 8
    for start in range(0, len(message.body), most):
        yield frame.Body(channel, message.body[start : start + most]).marshal()


@given(
    channel=st.integers(1, 65_535),
    body=st.one_of(st.binary(max_size=50), st.integers(4_000, 9_000).map(bytes)),
    message_id=st.text(max_size=40),
    headers=st.dictionaries(
        st.text(min_size=1, max_size=20), st.integers(-(2**31), 2**31) | st.text()
    ),
)
def test_frames_are_those_of_pika_for_any_message(channel, body, message_id, headers):
    message = Message(
        body=body, message_id=message_id, routing_key="a.b", headers=headers
    )

    properties = frames.properties_of(message)
    made = frames.publish(channel, message, properties, frame_max=FRAME_MAX)

    assert b"".join(made) == b"".join(pikas_own(channel, message))


@pytest.mark.parametrize(
    "wrong", [{"message_id": "x" * 256}, {"routing_key": "x" * 256}]
)
def test_what_amqp_cannot_carry_is_refused_before_it_is_sent(wrong):
    message = Message(**{"body": b"", "message_id": "m", "routing_key": "k", **wrong})

    with pytest.raises(ValueError, match="cannot carry"):
        frames.properties_of(message)
