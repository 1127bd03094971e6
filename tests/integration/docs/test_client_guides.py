"""The programs of the client guides follow a real gateway, and miss nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import uuid
from contextlib import contextmanager

import pytest
import requests

from tests.plugins.documents import blocks_of
from tests.plugins.node import need_node
from tests.plugins.services import ANON_KEY, SERVICE_KEY, until
from tests.plugins.sockets import login, signed_change, users_id

ADMIN = "admin@melotech.test"
#: One for each program: who was sent away is let in with a token of some seconds later.
ARTISTS = {"python": "ada@melotech.test", "js": "ben@melotech.test"}
#: A program around docs/clients/javascript.md that prints what it is told.
AROUND = """
import { follow, loadSnapshot } from "./follow.mjs";
const { MELOTECH_URL: backend, MELOTECH_ROOM: room, SUPABASE_URL: base } = process.env;
const say = (...words) => console.log(words.join(" "));
const headers = {
  apikey: process.env.SUPABASE_PUBLISHABLE_KEY,
  "Content-Type": "application/json",
};
const body = JSON.stringify({
  email: process.env.MELOTECH_EMAIL,
  password: process.env.MELOTECH_PASSWORD,
});
follow({
  url: `${backend.replace(/^http/, "ws")}/ws/${room}`,
  getToken: async () => {
    const address = `${base}/auth/v1/token?grant_type=password`;
    const answer = await fetch(address, { method: "POST", headers, body });
    return (await answer.json()).access_token;
  },
  loadSnapshot: (token) => loadSnapshot(backend, token),
  onRows: (rows) => say("snapshot of", rows.length, "rows"),
  onMessage: ({ type, data }) => {
    if (type === "submission_update") say(data.event, data.title, data.new_data.status);
  },
  onEnd: (code) => {
    console.error(`closed with ${code}`);
    process.exit(1);
  },
});
"""


class Program:
    """A guide's program as it runs, and what it has printed."""

    def __init__(self, words, environ):
        self.lines = []
        self.process = subprocess.Popen(
            words,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def saw(self, text):
        """Tell whether a line has this text."""
        return any(text in line for line in self.lines)

    def times(self, text):
        """Return how many lines have this text."""
        return sum(text in line for line in self.lines)

    def end(self):
        """End it where it runs still; return its exit code."""
        if self.process.poll() is None:
            self.process.kill()
        code = self.process.wait(10)
        self._reader.join(10)
        self.process.stdout.close()
        return code

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())


def python_program(folder):
    (folder / "listen.py").write_text(_first("docs/clients/python.md", "python"))
    return [sys.executable, str(folder / "listen.py")]


def javascript_program(folder):
    need_node()
    (folder / "follow.mjs").write_text(_first("docs/clients/javascript.md", "js"))
    (folder / "main.mjs").write_text(AROUND)
    # Node 20 has the browsers' WebSocket behind a flag, later ones take the flag too.
    return ["node", "--experimental-websocket", str(folder / "main.mjs")]


@pytest.fixture(params=[python_program, javascript_program], ids=["python", "js"])
def running(request, gateway, supabase, tmp_path):
    words = request.param(tmp_path)

    @contextmanager
    def run(room="admin", email=ADMIN):
        program = Program(
            words,
            {
                "MELOTECH_URL": gateway.url,
                "MELOTECH_ROOM": room,
                "SUPABASE_URL": supabase.url,
                "SUPABASE_PUBLISHABLE_KEY": ANON_KEY,
                "MELOTECH_EMAIL": email,
                "MELOTECH_PASSWORD": "melotech",
            },
        )
        try:
            yield program
        finally:
            program.end()

    return run


def test_program_shows_a_change_and_after_a_kill_what_it_missed_and_nothing_twice(
    running, gateway, ingest, supabase
):
    before, missed, after = (f"{name} {uuid.uuid4().hex}" for name in ("a", "b", "c"))
    # Where nothing has ever happened, there is nothing to resume from.
    first = signed_change(ingest)["event_id"]
    until(lambda: _last_event(gateway, supabase) == first)
    with running() as program:
        until(lambda: program.saw("snapshot of") and _joined(gateway))
        signed_change(ingest, title=before)
        until(lambda: program.saw(f"UPDATE {before} approved"))

        gateway.kill()
        signed_change(ingest, title=missed)
        gateway.start()
        until(lambda: program.saw(missed))
        signed_change(ingest, title=after)
        until(lambda: program.saw(after))

        assert [program.times(title) for title in (before, missed, after)] == [1, 1, 1]
        # It resumed: no second snapshot was needed.
        assert program.times("snapshot of") == 1


def test_program_ends_where_it_was_sent_away(request, running, gateway, supabase):
    artist = ARTISTS[request.node.callspec.id]
    _, person = users_id(supabase, artist)
    with running(f"artist/{person}", artist) as program:
        until(lambda: program.saw("snapshot of") and _joined(gateway))
        answer = requests.post(
            f"{gateway.url}/admin/disconnect",
            headers={"Authorization": f"Bearer {SERVICE_KEY}"},
            json={"user_id": person},
            timeout=10,
        )
        assert answer.json()["disconnected"] == 1

        until(lambda: program.process.poll() is not None)

    assert program.process.returncode == 1
    assert program.saw("closed with 4001")


def _first(document, language):
    return next(b.code for b in blocks_of(document) if b.language == language)


def _last_event(gateway, supabase):
    answer = requests.get(
        f"{gateway.url}/api/submissions",
        params={"limit": 1},
        headers={"Authorization": f"Bearer {login(supabase, ADMIN)}"},
        timeout=5,
    )
    return answer.json()["as_of"]


def _joined(gateway):
    rooms = requests.get(f"{gateway.url}/health", timeout=5).json()["active_rooms"]
    return sum(rooms.values()) == 1
