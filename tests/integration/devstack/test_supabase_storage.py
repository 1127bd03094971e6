"""Files behind signed addresses: who gets one, for how long, and parts of them."""

from __future__ import annotations

import io
import wave

import pytest
import requests

from tests.plugins.services import ANON_KEY, SERVICE_KEY, start_supabase, until

PATH = "ada/00.wav"
SERVICE = {"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"}


def sign(supabase, path=f"submissions/{PATH}", *, headers=SERVICE, lifetime=60):
    url = f"{supabase.url}/storage/v1/object/sign/{path}"
    body = {"expiresIn": lifetime}
    return requests.post(url, headers=headers, json=body, timeout=5)


@pytest.fixture(scope="module")
def address(supabase):
    return f"{supabase.url}/storage/v1{sign(supabase).json()['signedURL']}"


def test_file_is_music_and_always_the_same(address):
    first, second = (requests.get(address, timeout=5).content for _ in range(2))

    with wave.open(io.BytesIO(first)) as file:
        seconds = file.getnframes() / file.getframerate()
        loudest = max(abs(s) for s in memoryview(file.readframes(20_000)).cast("h"))
    assert first == second
    assert 3 < seconds < 20
    assert 8_000 < loudest < 32_767


def test_files_differ(supabase, address):
    other = sign(supabase, "submissions/ben/01.wav").json()["signedURL"]

    heard = requests.get(f"{supabase.url}/storage/v1{other}", timeout=5).content

    assert heard != requests.get(address, timeout=5).content


@pytest.mark.parametrize(
    ("asked", "first", "length"),
    [("bytes=0-", 0, None), ("bytes=100-199", 100, 100), ("bytes=-50", -50, 50)],
)
def test_player_gets_the_part_it_asks_for(address, asked, first, length):
    whole = requests.get(address, timeout=5).content

    part = requests.get(address, headers={"Range": asked}, timeout=5)

    begin = first % len(whole)
    wanted = whole[begin:][:length]
    assert (part.status_code, part.content) == (206, wanted)
    end = begin + len(wanted) - 1
    assert part.headers["Content-Range"] == f"bytes {begin}-{end}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=9-1", "lines=1-2"])
def test_part_that_there_is_not_is_refused_with_the_files_length(address, asked):
    answer = requests.get(address, headers={"Range": asked}, timeout=5)

    assert answer.status_code == 416
    assert answer.headers["Content-Range"].startswith("bytes */")


@pytest.mark.parametrize(
    ("path", "headers", "lifetime", "code", "message"),
    [
        ("submissions/no/such.wav", SERVICE, 60, "404", "Object not found"),
        (f"other/{PATH}", SERVICE, 60, "404", "Bucket not found"),
        (f"submissions/{PATH}", {}, 60, "403", "Invalid Compact JWS"),
        (f"submissions/{PATH}", {"apikey": ANON_KEY}, 60, "404", "Object not found"),
        (f"submissions/{PATH}", SERVICE, 0, "400", None),
        (f"submissions/{PATH}", SERVICE, "soon", "400", None),
        (f"submissions/{PATH}", SERVICE, True, "400", None),
    ],
)
def test_refusal_has_storages_shape(supabase, path, headers, lifetime, code, message):
    answer = sign(supabase, path, headers=headers, lifetime=lifetime)

    assert (answer.status_code, answer.json()["statusCode"]) == (400, code)
    assert message in {None, answer.json()["message"]}


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("ada/00", "ben/01"),
        lambda url: url.partition("?")[0],
        lambda url: url + "x",
    ],
    ids=["another file", "no token", "another token"],
)
def test_address_opens_one_file_and_cannot_be_altered(address, change):
    answer = requests.get(change(address), timeout=5)

    assert answer.status_code == 400
    assert answer.json()["error"] in {"InvalidJWT", "InvalidSignature"}


def test_address_ends_with_its_time(start, tmp_path):
    supabase = start_supabase(start, tmp_path)
    signed = sign(supabase, lifetime=1).json()["signedURL"]

    def ended():
        url = f"{supabase.url}/storage/v1{signed}"
        return requests.get(url, timeout=5).status_code == 400

    until(ended)
