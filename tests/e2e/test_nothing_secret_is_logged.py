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
import uuid
from itertools import count
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
import requests

from devstack.stack import dotenv
from shared import signature
from tests.plugins.forms import forms, leaks
from tests.plugins.mailgun_webhooks import fresh_signature, hook
from tests.plugins.services import until
from tests.plugins.wire import Line

FATES = ("plain", "bounce", "delay", "complain", "unsubscribe", "suppressed")
ENDPOINTS = ("submission-update", "submission-status-update", "mailgun")
TEXT = "Words that only the artist may read"


class Run:
    """What is done to a stack, and what of it must be in no log."""

    def __init__(self, stack):
        self.stack = stack
        self.env = dotenv.read(stack.root / ".env")
        self.secrets = {
            name: value
            for name, value in self.env.items()
            if name.endswith(("SECRET", "KEY", "PASSWORD"))
        }
        self.secrets["text"] = TEXT
        self.numbers = count()
        self.session = requests.Session()

    def url(self, variable):
        return f"http://{self.stack.environ[variable]}"

    def hide(self, kind, value):
        """Note that this must be in no log, and return it."""
        self.secrets[f"{kind} {next(self.numbers)}"] = value
        return value

    def address(self, kind):
        local = self.hide("address", f"{kind}-{secrets.token_hex(6)}")
        return f"{local}@artist.test"

    def ask(self, method, path, *, at=None, **words):
        """Ask the edge (or who listens elsewhere), whatever comes of it."""
        url = f"{at or self.stack.url}{path}"
        with contextlib.suppress(requests.RequestException):
            return self.session.request(method, url, timeout=15, **words)

    def login(self, name):
        answer = self.ask(
            "POST",
            "/auth/v1/token?grant_type=password",
            at=self.url("SUPABASE_STANDIN_BIND"),
            headers={"apikey": self.env["VITE_SUPABASE_ANON_KEY"]},
            json={"email": f"{name}@melotech.test", "password": "melotech"},
        ).json()
        self.hide("refresh token", answer["refresh_token"])
        return self.hide("access token", answer["access_token"])

    def rows(self, method, path, **words):
        key = self.env["SUPABASE_SERVICE_ROLE_KEY"]
        headers = {
            "apikey": key,
            "Authorization": f"Bearer {key}",
            "Prefer": "return=representation",
        }
        at = self.url("SUPABASE_STANDIN_BIND")
        answer = self.ask(method, f"/rest/v1/{path}", at=at, headers=headers, **words)
        assert answer.ok, answer.text
        return answer.json()

    def behave(self, **switches):
        at = self.url("MAILGUN_STANDIN_BIND")
        assert self.ask("POST", "/api/behaviour", at=at, json=switches).ok

    def log(self, name):
        return self.stack.layout.log(name).read_text(errors="replace")

    # What is done.

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

    def webhooks(self):
        key = signature.keys_of([self.env["WEBHOOK_SECRET"]])[0]
        row = {"id": str(uuid.uuid4()), "title": TEXT, "email": self.address("row")}
        good = {"type": "INSERT", "table": "submissions", "record": row}
        bodies = [
            json.dumps({**good, "old_record": None}).encode(),
            json.dumps({**good, "table": self.address("table")}).encode(),
            json.dumps({**good, "type": self.address("type")}).encode(),
            json.dumps({**good, "record": {self.address("key"): 1}}).encode(),
            json.dumps({**good, "record": {"id": self.address("id")}}).encode(),
            f'{{"email": "{self.address("broken")}"'.encode(),
            self.address("no-json").encode(),
        ]
        for body in bodies:
            for endpoint in (
                "submission-update",
                "submission-status-update",
                "mailgun",
            ):
                right = self.hide("signature", signature.sign_plain(body, key))
                for given in (right, self.hide("signature", secrets.token_hex(32))):
                    headers = {"X-Signature": given, "Content-Type": "application/json"}
                    self.ask("POST", f"/webhook/{endpoint}", data=body, headers=headers)
        self.ask(
            "POST",
            "/webhook/submission-update",
            data=bodies[0],
            headers={
                "webhook-id": self.address("id"),
                "webhook-timestamp": "1",
                "webhook-signature": f"v1,{secrets.token_hex(32)}",
                "X-Webhook-Secret": self.env["WEBHOOK_SECRET"],
            },
        )
        self.mailgun()

    def mailgun(self):
        keys = (self.env["MAILGUN_WEBHOOK_SIGNING_KEY"], "wrong")
        for key in keys:
            signed = fresh_signature(key=key)
            for name in ("token", "signature"):
                self.hide(f"mailgun {name}", signed[name])
            told = hook(
                "failed",
                signature=signed,
                recipient=self.address("told"),
                severity="permanent",
                reason=f"550 {self.address('reason')}: no",
            )
            for _ in range(2):
                self.ask("POST", "/webhook/mailgun", json=told)

    def odd_places(self, token):
        """Put tokens, keys and addresses where nobody expects them."""
        address = self.address("odd")
        basic = base64.b64encode(f"{address}:{token}".encode()).decode()
        bits = {"access_token": token, "apikey": self.env["MAILGUN_API_KEY"]}
        ports = (
            self.stack.url,
            self.url("INGEST_BIND"),
            self.url("GATEWAY_BIND"),
            self.url("MAILER_BIND"),
            self.url("SUPABASE_STANDIN_BIND"),
            self.url("MAILGUN_STANDIN_BIND"),
        )
        headers = (
            {"Authorization": f"Bearer {token}x"},
            {"Authorization": f"Basic {self.hide('basic', basic)}"},
            {"Cookie": f"token={token}", "Referer": f"http://x/?token={token}"},
            {"X-Request-Id": token, "traceparent": token, "User-Agent": address},
            {"X-Request-Id": address, "traceparent": address, "Origin": token},
            {"X-Forwarded-For": f"{address}, {token[:40]}", "Last-Event-ID": token},
            {"Content-Type": f"application/{token[:60]}; charset={address}"},
            {token[:60].replace(".", "-"): "1", "Expect": token[:30]},
            {"X-Large": token * 30},
        )
        paths = (
            "/webhook/submission-update",
            f"/webhook/{quote(token)}",
            f"/webhook/{quote(address)}?email={quote(address)}",
            "/ws/admin",
            f"/ws/{quote(token)}",
            f"/ws/artist/{quote(address)}",
            "/api/submissions",
            f"/api/submissions/{quote(address)}/history",
            f"/api/events?since={token}&status={quote(address)}&limit={token[:20]}",
            f"/api/{token}",
            "/admin/disconnect",
            f"/unsubscribe/{token}",
            f"/{quote(address)}",
            f"/config.json?{token}",
            "/health",
            "/metrics",
        )
        for at in ports:
            for path in paths:
                self.ask("GET", path, at=at, params=bits)
                self.ask("POST", path, at=at, params=bits, data=f"{address} {token}")
            for each in headers:
                for path in (paths[0], "/api/submissions", "/ws/admin", "/health"):
                    self.ask("GET", path, at=at, headers=each)
                    self.ask("POST", path, at=at, headers=each, data=b"{}")
            self.speak(int(at.rpartition(":")[2]), token, address)
        key = self.env["SUPABASE_SERVICE_ROLE_KEY"]
        for given in (key, key[:-1]):
            for order in ({"user_id": address}, {"room": token}, {address: token}):
                self.ask(
                    "POST",
                    "/admin/disconnect",
                    json=order,
                    headers={"Authorization": f"Bearer {given}"},
                )

    def speak(self, port, token, address):
        for data in (
            f"{token} / HTTP/1.1\r\n\r\n",
            f"GET /{token} HTTP/9.{address}\r\n\r\n",
            f"GET / HTTP/1.1\r\n{token}\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: {address}\r\nA b: {token}\r\n\r\n",
            f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {token}\r\n\r\n",
            f"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {token[:20]}\r\n\r\n",
            f"GET http://{address}/ HTTP/1.1\r\nHost: {token[:50]}\r\n\r\n",
            f"\x00{address}{token}\r\n\r\n",
        ):
            with contextlib.suppress(OSError, ValueError, IndexError):
                line = Line(port)
                line.socket.settimeout(1)
                line.send(data.encode())
                with contextlib.suppress(OSError):
                    line.socket.recv(1)
                line.close()

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
        import pika

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
        self.odd_places(self.env["WEBHOOK_SECRET"])
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
def run(stack, request):
    stack.environ |= request.param
    foreground = stack.up()
    run = Run(stack)
    for row in run.rows("GET", "users"):
        run.secrets[f"user {row['name']}"] = row["email"]
    for name in ("admin", "ada"):
        assert f"user {name.capitalize()}" in run.secrets
    yield run
    foreground.kill()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "run", [{}, {"DEBUG": "1"}], indirect=True, ids=["json", "debug"]
)
def test_whatever_happens_no_log_has_a_secret_or_an_address(run):
    run.all()
    token = run.login("admin")
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
    assert run.stack.run("stop").returncode == 0

    logs = run.logs()
    found = sorted(set(leaks(logs, run.secrets)))
    names = {path.name for path in logs}
    assert {f"{name}.log" for name in ("ingest", "gateway", "mailer", "edge")} <= names
    assert any("rabbit" in str(path) or "melotech@" in str(path) for path in logs)
    assert not found, "\n".join(found[:60])
    if run.stack.environ.get("DEBUG"):
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
