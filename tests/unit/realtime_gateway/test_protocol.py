"""Socket messages: what clients may say and what rooms are told."""

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_gateway import protocol
from realtime_gateway.protocol import Auth, Filter, Ping, Pong, Welcome
from shared.errors import Malformed
from shared.events import ChangeData, ChangeEvent, EmailData, EmailEvent


def raw(columns):
    if columns is None:
        return None
    return {name: msgspec.Raw(msgspec.json.encode(v)) for name, v in columns.items()}


def change(operation, *, old=None, new=None, changed=(), artist="u-1", **attributes):
    return ChangeEvent(
        id="evt_1",
        source="/t",
        type="submission.updated",
        subject="s-1",
        time="2026-11-23T12:00:00.000+00:00",
        data=ChangeData(
            operation=operation,
            submission_id="s-1",
            artist_id=artist,
            title="T",
            updated_fields=list(changed),
            record=raw(new),
            old_record=raw(old),
        ),
        **attributes,
    )


ROW = {
    "id": "s-1",
    "title": "T",
    "status": "pending",
    "rating": None,
    "feedback": None,
    "bpm": 128,
    "updated_at": "2026-11-23T11:00:00+00:00",
}


def test_update_tells_status_rating_feedback_and_every_changed_field():
    event = change("UPDATE", old=ROW, new=ROW | {"bpm": 130}, changed=["bpm"])

    told = json.loads(protocol.update_of(event))

    assert told["type"] == "submission_update"
    assert told["id"] == "evt_1"
    assert told["timestamp"]
    assert told["data"] == {
        "event": "UPDATE",
        "submission_id": "s-1",
        "title": "T",
        "artist_id": "u-1",
        "updated_fields": ["bpm"],
        "new_data": {"status": "pending", "rating": None, "feedback": None, "bpm": 130},
        "old_data": {"bpm": 128},
        "version": "2026-11-23T11:00:00+00:00",
        "timestamp": "2026-11-23T12:00:00.000+00:00",
    }


def test_insert_tells_the_whole_row_and_delete_none_of_it():
    inserted = json.loads(protocol.update_of(change("INSERT", new=ROW, changed=ROW)))
    deleted = json.loads(protocol.update_of(change("DELETE", old=ROW, changed=ROW)))

    assert inserted["data"]["new_data"] == ROW
    assert inserted["data"]["old_data"] == {}
    assert deleted["data"]["new_data"] == {}


def test_row_without_a_rating_column_still_tells_one():
    event = change("UPDATE", old={"id": "s-1"}, new={"id": "s-1"})

    assert json.loads(protocol.update_of(event))["data"]["new_data"] == {
        "status": None,
        "rating": None,
        "feedback": None,
    }


def test_sequence_is_the_version_where_there_is_one():
    event = change("INSERT", new=ROW, sequence="17")

    assert json.loads(protocol.update_of(event))["data"]["version"] == "17"


def test_changes_reach_admins_and_their_artist_and_mails_the_admins_alone():
    mail = EmailEvent(
        id="e",
        source="/m",
        type="email.accepted",
        subject="s-1",
        time="t",
        data=EmailData(submission_id="s-1", outcome="accepted", recipient="a***@x"),
    )

    assert protocol.rooms_of(change("INSERT", new=ROW)) == ("admin", "artist:u-1")
    assert protocol.rooms_of(change("INSERT", new=ROW, artist=None)) == ("admin",)
    assert protocol.rooms_of(mail) == ("admin",)
    told = json.loads(protocol.update_of(mail))
    assert told["type"] == "email_update"
    assert told["data"]["outcome"] == "accepted"
    assert told["data"]["recipient"] == "a***@x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"auth","token":"t","since":"e"}', Auth(token="t", since="e")),
        ('{"type":"auth","token":"t","since":null}', Auth(token="t")),
        ('{"type":"ping"}', Ping()),
        ('{"type":"filter","status":"approved"}', Filter(status="approved")),
    ],
)
def test_what_clients_may_say_is_understood(text, message):
    assert protocol.read(text) == message


@pytest.mark.parametrize(
    "text",
    [
        *("", "hello", "[]", "{}", '{"type":"publish"}', '{"type":"auth","token":1}'),
        '{"type":"auth","token":"\ud800"}',
    ],
)
def test_anything_else_is_malformed(text):
    with pytest.raises(Malformed):
        protocol.read(text)


@pytest.mark.parametrize("name", ["since", "status", "max_rate", "unknown"])
def test_address_that_is_no_text_is_malformed(name):
    with pytest.raises(Malformed):
        protocol.auth_of("t", {name: "\udcb5"})


@given(st.text(max_size=200))
def test_no_text_raises_anything_but_malformed(text):
    with contextlib.suppress(Malformed):
        protocol.read(text)


def test_server_messages_carry_their_type():
    welcome = Welcome(
        connection_id="c",
        room="admin",
        recovered=False,
        last_event_id=None,
        ping_interval=25,
        token_expires_in=3600,
    )

    assert json.loads(protocol.write(welcome)) == {
        "type": "welcome",
        "connection_id": "c",
        "room": "admin",
        "recovered": False,
        "last_event_id": None,
        "ping_interval": 25,
        "token_expires_in": 3600,
    }
    assert json.loads(protocol.write(Pong())) == {"type": "pong"}
