"""All that a run may meet, good and bad; then no log has a secret or an address."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pika
import pytest

from tests.plugins.confidant import TEXT
from tests.plugins.forms import forms, leaks
from tests.plugins.odd_requests import OddRequests
from tests.plugins.services import until

FATES = ("plain", "bounce", "delay", "complain", "unsubscribe", "suppressed")


class Run(OddRequests):
    """What is done to a stack, and what of it must be in no log."""

    def submit(self, address, status="approved"):
        """Have a row with an address of its own change its status."""
        artist = self.rows("GET", "users?limit=1&is_admin=eq.false")[0]["id"]
        row = {"title": TEXT, "userid": artist, "email": address, "status": "pending"}
        made = self.rows("POST", "submissions", json=row)[0]
        change = {"status": status, "feedback": f"{TEXT} ({address})"}
        self.rows("PATCH", f"submissions?id=eq.{made['id']}", json=change)

    def mails(self):
        for fate in FATES:
            self.mail(self.address(fate))
        for status, text in ((400, "'to' is no address: {}"), (401, "Forbidden {}")):
            address = self.address("refused")
            self.behave(
                mode="status", status=status, text=text.format(address), times=1
            )
            self.mail(address)
        for mode in ("drop", "accept_then_drop", "garbage", "half"):
            self.behave(mode=mode, times=1)
            self.mail(self.address(mode.replace("_", "-")))
        self.mail("no address at all " + self.address("odd"))
        self.mail(self.address("nothing"), status=f"ask {self.address('status')}")
        # An earlier mail's next attempt may have come to something before the last.
        for outcome in ("accepted", "dead-lettered", "held", "skipped", "uncertain"):
            until(lambda word=outcome: word in self.log("mailer"), timeout=60)
        self.unsubscribe()

    def mail(self, address, **words):
        """Submit, and wait until an attempt has come to something."""
        before = self.settled()
        self.submit(address, **words)
        until(lambda: self.settled() > before, timeout=60)

    def settled(self):
        lines = self.log("mailer").splitlines()
        settled = [each for each in lines if "delivery.settled" in each]
        return len([each for each in settled if "waiting" not in each])

    def unsubscribe(self):
        at = self.url("MAILGUN_STANDIN_BIND")
        mails = until(lambda: self.ask("GET", "/api/messages", at=at).json())
        links = set(re.findall(r"/unsubscribe/([\w.~-]+)", json.dumps(mails)))
        assert links
        for token in sorted(links)[:3]:
            self.hide("link", token)
            assert self.ask("GET", f"/unsubscribe/{token}").ok
            assert self.ask("POST", f"/unsubscribe/{token}").ok
            self.ask("POST", f"/unsubscribe/{token[:-3]}xyz")
            self.ask("GET", f"/unsubscribe/{token}/more?{token}")

    async def sockets(self, admin, artist):
        address = self.address("said")
        bad = self.hide("bad token", f"{admin[:-8]}AAAAAAAA")
        other = self.hide(
            "other token", f"eyJhbGciOiJub25lIn0.{secrets.token_hex(30)}."
        )
        said = [
            {"type": "auth", "token": admin},
            {"type": "auth", "token": admin, "since": f"evt_{address}"},
            {"type": "auth", "token": admin, "filter": {"status": address}},
            {"type": "auth", "token": bad},
            {"type": "auth", "token": other, address: other},
            {"type": "auth", "token": address},
            {"type": address, "token": admin},
            {"type": "auth", "token": artist},
        ]
        async with aiohttp.ClientSession() as session:
            for room in ("admin", "artist/11111111-0000-4000-8000-000000000001", bad):
                for first in said:
                    await self.talk(
                        session, room, [first, {"type": "auth", "token": bad}]
                    )
                await self.talk(session, room, [first, address, f"{{{bad}"])
                for query in ({"token": admin}, {"access_token": bad, "x": address}):
                    await self.talk(session, room, [], params=query)
                for token in (admin, bad):
                    given = {"Authorization": f"Bearer {token}"}
                    await self.talk(session, room, [said[0]], headers=given)

    async def talk(self, session, room, messages, **words):
        url = f"{self.stack.url}/ws/{room}"
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with asyncio.timeout(5), session.ws_connect(url, **words) as ws:
                for each in messages:
                    text = each if isinstance(each, str) else json.dumps(each)
                    await ws.send_str(text)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await ws.receive()

    def broker(self):
        """Knock at the broker with a wrong password, and with what is no AMQP."""
        wrong = pika.PlainCredentials("melotech", self.hide("wrong", "w" + "rong" * 5))
        port = int(self.stack.environ["BROKER_PORT"])
        with contextlib.suppress(pika.exceptions.AMQPError):
            pika.BlockingConnection(
                pika.ConnectionParameters("127.0.0.1", port, credentials=wrong)
            )
        self.speak(port, self.env["RABBITMQ_PASSWORD"], self.address("amqp"))

    def all(self):
        admin, artist = self.login("admin"), self.login("ada")
        self.webhooks()
        asyncio.run(self.sockets(admin, artist))
        self.odd_places(admin)
        self.mails()
        self.broker()

    def while_away(self, name, path, token):
        """Ask at the edge for what does not answer, with tokens everywhere."""
        self.control("stop", name)
        headers = {"Authorization": f"Bearer {token}", "Cookie": f"t={token}"}
        query = {"access_token": token, "x": self.address("away")}
        answers = [
            self.ask("POST", path, params=query, headers=headers, data=TEXT),
            self.ask("GET", f"{path}/{quote(query['x'])}", headers=headers),
        ]
        assert {each.status_code for each in answers} == {503}
        self.control("start", name)

    def control(self, word, name):
        socket = f"unix://{self.stack.layout.socket}"
        command = [sys.executable, "-m", "supervisor.supervisorctl", "-s", socket]
        told = subprocess.run(
            [*command, word, f"services:{name}"], capture_output=True, text=True
        )
        assert told.returncode == 0, told.stdout

    def restart(self, name, number):
        pid = self.stack.pid_of(name)
        os.kill(pid, number)
        until(lambda: self.stack.pid_of(name) not in {0, pid}, timeout=60)

    def logs(self):
        """Return all that any process has written, the broker included.

        What `make run` says on its terminal is no log: there the stand-in's logins are.
        """
        found = [*(self.stack.root / ".run").rglob("*.log*")]
        found += (self.stack.root / ".run").rglob("*.out")
        return {path: path.read_bytes() for path in found if path.is_file()}


@pytest.fixture
def environ():
    """What the stack's environment has besides."""
    return {}


@pytest.fixture
def run(stack, environ):
    stack.environ |= environ
    foreground = stack.up()
    run = Run(stack)
    for row in run.rows("GET", "users"):
        run.secrets[f"user {row['name']}"] = row["email"]
    for name in ("admin", "ada"):
        assert f"user {name.capitalize()}" in run.secrets
    yield run
    foreground.kill()


def assert_nothing_is_told(run):
    """Stop the stack; fail where a log has a secret in any form."""
    assert run.stack.run("stop").returncode == 0
    logs = run.logs()
    found = sorted(set(leaks(logs, run.secrets)))
    names = {path.name for path in logs}
    assert {f"{name}.log" for name in ("ingest", "gateway", "mailer", "edge")} <= names
    assert any("rabbit" in str(path) or "melotech@" in str(path) for path in logs)
    assert not found, "\n".join(found[:60])


@pytest.mark.timeout(600)
def test_whatever_happens_no_log_has_a_secret_or_an_address(run):
    run.all()
    token = run.login("admin")
    run.odd_places(run.env["WEBHOOK_SECRET"])
    for name in ("ingest", "gateway", "mailer"):
        run.restart(name, signal.SIGKILL)
    run.while_away("ingest", f"/unsubscribe/{token}", token)
    run.while_away("ingest", "/webhook/submission-update", token)
    run.while_away("gateway", "/api/submissions", token)
    run.restart("rabbitmq", signal.SIGTERM)
    run.webhooks()
    run.submit(run.address("meanwhile"))
    until(run.stack.answers, timeout=90)
    run.mail(run.address("later"))

    assert_nothing_is_told(run)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("environ", [{"DEBUG": "1"}], ids=["debug"])
def test_lines_for_people_have_no_secret_and_no_address_either(run):
    run.all()

    assert_nothing_is_told(run)
    for name in ("ingest", "gateway", "mailer", "supabase", "mailgun"):
        lines = run.log(name).splitlines()
        assert any("service.starting" in each for each in lines)
        assert not [each for each in lines if each.startswith("{")]


def test_secret_is_found_in_all_its_forms():
    secret = "pa/ss+wörd=&1234567890"
    for text in (
        f"x {secret} y",
        quote(secret, safe=""),
        base64.b64encode(f"user:{secret}".encode()).decode(),
        base64.urlsafe_b64encode(f"a{secret}zz".encode()).decode(),
        json.dumps({"x": secret}),
    ):
        logs = {Path("a.log"): text.encode()}
        assert list(leaks(logs, {"it": secret})), text
    assert all(len(form) > 8 for form in forms(secret))
