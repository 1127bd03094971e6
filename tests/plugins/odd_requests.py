"""Requests and lines with tokens, keys and addresses where nobody expects them."""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import uuid
from urllib.parse import quote

from shared import signature
from tests.plugins.confidant import TEXT, Confidant
from tests.plugins.mailgun_webhooks import fresh_signature, hook
from tests.plugins.wire import Line

ENDPOINTS = ("submission-update", "submission-status-update", "mailgun")


class OddRequests(Confidant):
    """Asks for everything in ways that are refused, and in some that are not."""

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
            for endpoint in ENDPOINTS:
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
