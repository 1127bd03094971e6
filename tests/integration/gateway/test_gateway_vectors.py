"""A running gateway takes and refuses what the vectors say, and answers as they say."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.plugins.asyncapi import faults_of_text, messages_of
from tests.plugins.sockets import Client, login

VECTORS = Path(__file__).parents[2] / "vectors" / "client_messages.json"
CLIENT = json.loads(VECTORS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def gateway_settings():
    return {"MAX_MESSAGES_PER_SECOND": "1000"}


@pytest.fixture(scope="module")
def token(supabase):
    return login(supabase, "admin@melotech.test")


async def test_what_the_vectors_refuse_is_answered_with_an_error(gateway, token):
    errors = messages_of("admin", "send")
    async with Client(gateway, "admin") as admin:
        await admin.auth(token)
        await admin.next("welcome")
        for vector in CLIENT["refused"]:
            await admin.say_raw(vector["text"])
            message = await admin.ws.receive()
            assert faults_of_text(message.data, errors) == [], vector["name"]
            assert json.loads(message.data)["code"] == "bad_message", vector["name"]


async def test_what_the_vectors_refuse_closes_a_socket_that_begins_with_it(gateway):
    async def first(vector, closed_with):
        async with Client(gateway, "admin") as client:
            await client.say_raw(vector["text"])
            assert await client.closed_with() == closed_with, vector["name"]

    for vector in CLIENT["refused"]:
        await first(vector, (4000, "bad message"))
    for vector in CLIENT["without_a_token"]:
        await first(vector, (4001, "token refused"))


async def test_what_the_vectors_accept_is_heard_without_a_complaint(gateway, token):
    async with Client(gateway, "admin") as admin:
        await admin.auth(token)
        await admin.next("welcome")
        for vector in CLIENT["accepted"]:
            kind = vector["means"]["type"]
            if kind != "auth":
                await admin.say_raw(vector["text"])
            if kind == "filter":
                await admin.say({"type": "ping"})
            if kind != "auth":
                await admin.next("pong")


async def test_auth_of_the_vectors_lets_in_with_a_token_that_is_good(gateway, token):
    async def room(text):
        async with Client(gateway, "admin") as admin:
            await admin.say_raw(text.replace("t.t.t", token))
            return (await admin.next("welcome"))["room"]

    texts = [v["text"] for v in CLIENT["accepted"] if v["means"]["type"] == "auth"]
    assert set(await asyncio.gather(*map(room, texts))) == {"admin"}
