"""The steps of the smoke test, each telling in one line what it saw."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from devstack.session import TIMEOUT, Project, join, sign_in, socket_url
from shared import signature

#: From webhook to socket, and to the mail's acceptance, in seconds: a status is mailed
#: when it has stood for a while (MAIL_SETTLE_SECONDS).
BROADCAST_DEADLINE = 5.0
MAIL_DEADLINE = 45.0
LOCAL = {"localhost", "127.0.0.1", "::1", "mailgun"}


class Cross(Exception):
    """A step failed; the text says what was seen instead."""


@dataclass(kw_only=True)
class Deployment:
    """What is checked, and what one step leaves for the next."""

    base_url: str
    environ: Mapping[str, str]
    session: aiohttp.ClientSession
    submission_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    token: str = ""
    ws: aiohttp.ClientWebSocketResponse | None = None
    event_id: str = ""
    posted_at: float = 0.0
    #: Heard while something else was waited for: a mail's fate can come first.
    passed_over: list[dict[str, Any]] = field(default_factory=list)

    @property
    def mail_to(self) -> str | None:
        """Return who gets a mail: SMOKE_MAIL_TO, or anyone when mails go nowhere."""
        chosen = self.environ.get("SMOKE_MAIL_TO")
        host = urlsplit(self.environ.get("MAILGUN_BASE_URL", "")).hostname
        return chosen or ("smoke@melotech.test" if host in LOCAL else None)


async def health(it: Deployment) -> str:
    """The gateway is up and knows the broker."""
    async with it.session.get(f"{it.base_url}/health", timeout=TIMEOUT) as answer:
        document = await answer.json(content_type=None)
    if document.get("status") not in {"healthy", "degraded"}:
        raise Cross(f"status {document['status']}")
    mailer = document["broker"]["mailer"]
    return f"{document['status']}, version {document['version']}, mailer {mailer}"


async def signing_in(it: Deployment) -> str:
    """Supabase gives an access token."""
    email = it.environ.get("SMOKE_EMAIL") or "admin@melotech.test"
    password = it.environ.get("SMOKE_PASSWORD") or "melotech"
    project = Project.of(it.environ)
    it.token = await sign_in(it.session, project, email, password)
    return f"at {project.url}"


async def joining(it: Deployment) -> str:
    """The admin room lets the admin in."""
    it.ws = await it.session.ws_connect(socket_url(it.base_url, "admin"))
    welcome = await join(it.ws, it.token)
    return f"room {welcome['room']}"


async def stranger(it: Deployment) -> str:
    """A token that proves nothing is turned away."""
    url = socket_url(it.base_url, "admin")
    async with it.session.ws_connect(url) as ws:
        with contextlib.suppress(ConnectionError):
            await join(ws, "not.a.token")
        if ws.close_code != 4001:
            raise Cross(f"closed with {ws.close_code} instead of 4001")
    return "turned away with 4001"


async def forgery(it: Deployment) -> str:
    """A webhook without a signature is refused."""
    status, _ = await _post(it, b"{}", {})
    if status != 401:
        raise Cross(f"answered {status} instead of 401")
    return "refused with 401"


async def webhook(it: Deployment) -> str:
    """A signed change is accepted."""
    # A status that asks for no mail, unless there is somebody to send it to.
    status = "approved" if it.mail_to else "smoke-test"
    new = _row(it, status) | ({"email": it.mail_to} if it.mail_to else {})
    old = new | {"status": "pending"}
    it.posted_at = time.perf_counter()
    code, answer = await _send(it, "UPDATE", record=new, old_record=old)
    if code != 202:
        raise Cross(f"answered {code}: {answer.get('detail')}")
    it.event_id = answer["event_id"]
    return f"event {it.event_id}"


async def broadcast(it: Deployment) -> str:
    """The change reaches the socket."""
    await _hear(it, BROADCAST_DEADLINE, lambda m: m.get("id") == it.event_id)
    return f"{(time.perf_counter() - it.posted_at) * 1000:.0f} ms after the webhook"


async def mail(it: Deployment) -> str:
    """The mailer took the change, and its word reaches the socket."""
    told = await _hear(
        it,
        MAIL_DEADLINE,
        lambda m: (
            m["type"] == "email_update"
            and m["data"]["submission_id"] == it.submission_id
        ),
    )
    outcome = told["data"]["outcome"]
    expected = "accepted" if it.mail_to else "skipped"
    if outcome != expected:
        raise Cross(f"{outcome}: {told['data'].get('reason')}")
    elapsed = (time.perf_counter() - it.posted_at) * 1000
    sent = "a mail was sent" if it.mail_to else "no mail sent: set SMOKE_MAIL_TO"
    return f"{outcome}, {elapsed:.0f} ms after the webhook ({sent})"


async def tidying(it: Deployment) -> str:
    """The made-up submission leaves the screens."""
    code, _ = await _send(it, "DELETE", record=None, old_record=_row(it, "approved"))
    if code != 202:
        raise Cross(f"answered {code}")
    if it.ws:
        await it.ws.close()
    return "done"


STEPS = (
    health,
    signing_in,
    joining,
    stranger,
    forgery,
    webhook,
    broadcast,
    mail,
    tidying,
)


def _row(it: Deployment, status: str) -> dict[str, Any]:
    return {
        "id": it.submission_id,
        "title": "Smoke test",
        "userid": None,
        "status": status,
        "updated_at": datetime.now(UTC).isoformat(),
    }


async def _send(
    it: Deployment, operation: str, **rows: dict[str, Any] | None
) -> tuple[int, dict[str, Any]]:
    secret = it.environ.get("WEBHOOK_SECRET", "").split(",")[0].strip()
    if not secret:
        raise Cross("set WEBHOOK_SECRET")
    document = {"type": operation, "table": "submissions", "schema": "public", **rows}
    body = json.dumps(document).encode()
    key = signature.keys_of([secret])[0]
    return await _post(it, body, {"X-Signature": signature.sign_plain(body, key)})


async def _post(
    it: Deployment, body: bytes, headers: dict[str, str]
) -> tuple[int, dict[str, Any]]:
    async with it.session.post(
        f"{it.base_url}/webhook/submission-update",
        data=body,
        headers={"Content-Type": "application/json", **headers},
        timeout=TIMEOUT,
    ) as answer:
        document: dict[str, Any] = await answer.json(content_type=None)
        return answer.status, document


async def _hear(
    it: Deployment, seconds: float, wanted: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    if it.ws is None:
        raise Cross("there is no socket")
    for earlier in filter(wanted, it.passed_over):
        return earlier
    try:
        async with asyncio.timeout(seconds):
            async for frame in it.ws:
                message: dict[str, Any] = json.loads(frame.data)
                if wanted(message):
                    return message
                it.passed_over.append(message)
    except TimeoutError:
        raise Cross(f"nothing within {seconds:.0f} s") from None
    raise Cross(f"the socket was closed with {it.ws.close_code}")
