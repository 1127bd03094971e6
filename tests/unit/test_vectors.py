"""The vectors of both languages: what is sent, understood, refused, passed over.

The dashboard's client is held against the same files.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from realtime_gateway import protocol
from realtime_gateway.protocol import Auth, Error, Pong, Welcome
from shared import events
from shared.errors import Malformed
from tests.plugins.asyncapi import faults_of_text, messages_of

VECTORS = Path(__file__).parents[1] / "vectors"
CLIENT = json.loads((VECTORS / "client_messages.json").read_text(encoding="utf-8"))
SERVER = json.loads((VECTORS / "server_messages.json").read_text(encoding="utf-8"))

FROM_CLIENTS = messages_of("admin", "receive")
TO_ADMINS = messages_of("admin", "send")


def each(vectors):
    return pytest.mark.parametrize("vector", vectors, ids=lambda v: v["name"])


def digit_by_digit(text):
    return json.loads(text, parse_int=str, parse_float=str)


def without_nulls(value):
    if not isinstance(value, dict):
        return value
    return {name: without_nulls(v) for name, v in value.items() if v is not None}


@each(CLIENT["accepted"])
def test_what_a_client_may_say_is_understood(vector):
    read = msgspec.to_builtins(protocol.read(vector["text"]))

    assert without_nulls(read) == vector["means"]
    assert faults_of_text(vector["text"], FROM_CLIENTS) == []


@each(CLIENT["accepted"])
def test_what_it_means_says_the_same_again(vector):
    again = json.dumps(vector["means"])

    assert protocol.read(again) == protocol.read(vector["text"])
    assert faults_of_text(again, FROM_CLIENTS) == []


@each(CLIENT["refused"])
def test_anything_else_is_malformed(vector):
    with pytest.raises(Malformed):
        protocol.read(vector["text"])


@each(CLIENT["without_a_token"])
def test_auth_without_a_token_reads_as_an_empty_one(vector):
    message = protocol.read(vector["text"])

    assert isinstance(message, Auth)
    assert message.token == ""
    assert faults_of_text(vector["text"], FROM_CLIENTS)


@each(CLIENT["refused"])
def test_document_refuses_it_too(vector):
    assert faults_of_text(vector["text"], FROM_CLIENTS)


@each(SERVER["told"])
def test_event_is_told_digit_by_digit(vector):
    event = events.decode(vector["event"].encode())
    told = protocol.update_of(event, stale=vector.get("stale", False)).decode()

    expected = digit_by_digit(vector["text"])
    assert digit_by_digit(told) | {"timestamp": expected["timestamp"]} == expected
    assert faults_of_text(told, TO_ADMINS) == []


@each([*SERVER["told"], *SERVER["answers"]])
def test_every_vector_of_a_server_message_fits_the_document(vector):
    assert faults_of_text(vector["text"], TO_ADMINS) == []


@each(SERVER["answers"])
def test_answers_are_written_as_the_vectors_have_them(vector):
    message = msgspec.json.decode(vector["text"], type=Welcome | Pong | Error)

    assert protocol.write(message).decode() == vector["text"]


@each(SERVER["ignored"])
def test_what_a_client_passes_over_is_not_in_the_document(vector):
    assert faults_of_text(vector["text"], TO_ADMINS)


def test_artists_are_told_nothing_of_mails():
    assert set(TO_ADMINS) - set(messages_of("artist", "send")) == {"email_update"}
