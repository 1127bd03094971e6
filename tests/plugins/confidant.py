"""A stack that is told secrets and addresses of which no log may have any."""

from __future__ import annotations

import contextlib
import secrets
from itertools import count

import requests

from devstack.stack import dotenv

TEXT = "Words that only the artist may read"


class Confidant:
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
