"""A browser's end of a socket, a login, and a change as the database would sign it."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import aiohttp
import requests
from standardwebhooks import Webhook

from tests.plugins.services import ANON_KEY, SECRET, SERVICE_KEY, Process

WAIT = 30.0


def login(supabase: Process, address: str) -> str:
    """Return an access token as the dashboard gets it."""
    answer = requests.post(
        f"{supabase.url}/auth/v1/token",
        params={"grant_type": "password"},
        headers={"apikey": ANON_KEY},
        json={"email": address, "password": "melotech"},
        timeout=20,
    )
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def users_id(supabase: Process, address: str) -> tuple[str, str]:
    """Return the two ids of a user: of the row in `users`, and of the auth user."""
    row = requests.get(
        f"{supabase.url}/rest/v1/users",
        params={"select": "*", "email": f"eq.{address}"},
        headers={"apikey": SERVICE_KEY, "Authorization": f"Bearer {SERVICE_KEY}"},
        timeout=20,
    ).json()[0]
    return row["id"], row["authid"]


def change_body(**columns: Any) -> bytes:
    """Return the webhook of an update whose status was `pending` before."""
    new = {
        "id": str(uuid.uuid4()),
        "userid": "u-1",
        "title": "T",
        "status": "approved",
        "rating": None,
        "feedback": None,
        "updated_at": datetime.now(UTC).isoformat(),
    } | columns
    old = new | {"status": "pending"}
    document = {"type": "UPDATE", "table": "submissions", "schema": "public"}
    return json.dumps(document | {"record": new, "old_record": old}).encode()


def signed_change(
    ingest: Process, *, webhook_id: str | None = None, **columns: Any
) -> dict[str, Any]:
    """Post a signed update; return the answer to it, which must be 202."""
    answer = post_change(ingest.url, webhook_id=webhook_id, **columns)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


def post_change(
    url: str, *, webhook_id: str | None = None, **columns: Any
) -> requests.Response:
    """Post a signed update to the ingest service at `url`."""
    body = change_body(**columns)
    name = webhook_id or f"msg_{uuid.uuid4().hex}"
    now = datetime.now(UTC)
    return requests.post(
        f"{url}/webhook/submission-update",
        data=body,
        headers={
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(name, now, body.decode()),
        },
        timeout=20,
    )


class Client:
    """A socket to the gateway: say, hear, and see how it ends."""

    def __init__(
        self,
        gateway: Process,
        room: str,
        *,
        origin: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self._url = f"{gateway.url}/ws/{room}"
        self._origin = origin
        self._headers = headers

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        try:
            self.ws = await self._session.ws_connect(
                self._url, origin=self._origin, headers=self._headers
            )
        except BaseException:
            await self._session.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self.ws.close()
        finally:  # cancelled in mid-close, too
            await self._session.close()

    async def auth(self, token: str, *, since: str | None = None) -> None:
        """Say who we are, and where we were."""
        message = {"type": "auth", "token": token}
        await self.say(message | ({"since": since} if since else {}))

    async def say(self, message: dict[str, Any]) -> None:
        """Send a JSON message."""
        await self.ws.send_str(json.dumps(message))

    async def say_raw(self, data: str | bytes) -> None:
        """Send whatever it is."""
        if isinstance(data, str):
            await self.ws.send_str(data)
        else:
            await self.ws.send_bytes(data)

    async def next(self, kind: str, *, timeout: float = WAIT) -> dict[str, Any]:
        """Return the next message, which must be of this kind."""
        async with asyncio.timeout(timeout):
            message = await self.ws.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, (message, self.ws.close_code)
        told: dict[str, Any] = json.loads(message.data)
        assert told["type"] == kind, told
        return told

    async def closed_with(self, *, timeout: float = WAIT) -> tuple[int | None, str]:
        """Return code and reason of the close, passing over what comes before it."""
        reason = ""
        async with asyncio.timeout(timeout):
            while not self.ws.closed:
                message = await self.ws.receive()
                if message.type is aiohttp.WSMsgType.CLOSE:
                    reason = message.extra or ""
        return self.ws.close_code, reason
