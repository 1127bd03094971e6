"""Mailgun's own API: take mails, and show what happened to them."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import time
import uuid
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web
from aiohttp.http import HttpProcessingError

from devstack.mailgun import behaviour, domains, lookup
from devstack.mailgun.behaviour import Behaviour
from devstack.mailgun.fates import Fate, is_told
from devstack.mailgun.form import Fields, Rejected, message_of
from devstack.mailgun.happenings import happenings_of
from devstack.mailgun.inbox import Inbox, Message
from devstack.mailgun.journal import Journal
from devstack.mailgun.settings import StandInSettings
from devstack.mailgun.webhooks import Webhooks
from shared import logs

log = logs.get(__name__)

#: An answer that is no JSON, and not even text.
GARBAGE = b"\xff\x00<html>\xfe"


class Api:
    """The handlers, and the behaviour that the next requests meet."""

    def __init__(
        self,
        settings: StandInSettings,
        *,
        inbox: Inbox,
        journal: Journal,
        webhooks: Webhooks,
    ) -> None:
        self._key = settings.mailgun_api_key.get_secret_value()
        self._domain = settings.mailgun_domain
        self._may_read = not settings.mailgun_standin_sending_key_only
        self._inbox = inbox
        self._journal = journal
        self._webhooks = webhooks
        self.behaviour = Behaviour()

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Answer `POST /v3/{domain}/messages`."""
        now, self.behaviour = self.behaviour, self.behaviour.next()
        await asyncio.sleep(now.latency_ms / 1000)
        if now.mode == "status":
            return told(now.status, behaviour.answer_text(now, datetime.now(UTC)))
        if now.mode == "hang":
            # A client that leaves cancels this handler, so its mail is not kept.
            await asyncio.sleep(now.seconds)
        if now.mode == "drop":
            return _cut(request)
        refusal = self._refusal(request)
        if refusal:
            return refusal
        try:
            message = message_of(
                await _fields(request), domain=self._domain, fresh_id=uuid.uuid4().hex
            )
        except Rejected as error:
            return told(HTTPStatus.BAD_REQUEST, str(error))
        self._keep(message, now.fate)
        return await _confirm(request, message, now)

    async def events(self, request: web.Request) -> web.Response:
        """Answer `GET /v3/{domain}/events`, and each of its pages."""
        now, self.behaviour = self.behaviour, self.behaviour.next_events()
        await asyncio.sleep(now.latency_ms / 1000)
        if now.events_status is not None:
            text = HTTPStatus(now.events_status).phrase
            return told(now.events_status, text)
        refusal = self._refusal(request)
        if refusal:
            return refusal
        if not self._may_read:
            return told(HTTPStatus.FORBIDDEN, "Forbidden")
        page = request.match_info.get("page")
        try:
            query = lookup.query_at(page) if page else lookup.query_of(request.query)
        except lookup.Unreadable as error:
            return told(HTTPStatus.BAD_REQUEST, str(error))
        found = self._journal.page(query, until=time.time() - now.events_lag_seconds)
        url = f"{request.url.origin()}/v3/{self._domain}/events"
        return web.json_response(lookup.answer(query, found, url=url))

    async def domain(self, request: web.Request) -> web.Response:
        """Answer `GET /v4/domains/{domain}`."""
        refusal = self._refusal(request)
        if refusal:
            return refusal
        if not self._may_read:
            return told(HTTPStatus.UNAUTHORIZED, "Forbidden")
        return web.json_response(
            domains.shown(self._domain, self.behaviour.domain_state)
        )

    def _refusal(self, request: web.Request) -> web.Response | None:
        if not self._authorised(request):
            return told(HTTPStatus.UNAUTHORIZED, "Forbidden")
        domain = request.match_info["domain"]
        if domain != self._domain:
            return told(HTTPStatus.NOT_FOUND, f"Domain not found: {domain}")
        return None

    def _authorised(self, request: web.Request) -> bool:
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        expected = f"api:{self._key}".encode()
        return scheme.lower() == "basic" and hmac.compare_digest(given, expected)

    def _keep(self, message: Message, fate: Fate) -> None:
        self._inbox.add(message)
        log.info("mail.taken", message_id=message["id"])
        happened = list(
            happenings_of(message, fate, domain=self._domain, now=time.time())
        )
        self._journal.add(happened)
        self._webhooks.tell([h for h in happened if is_told(fate, h["recipient"])])


async def _confirm(
    request: web.Request, message: Message, now: Behaviour
) -> web.StreamResponse:
    document = {"id": message["id"], "message": "Queued. Thank you."}
    if now.mode == "accept_then_drop":
        return _cut(request)
    if now.mode == "accept_then_hang":
        await asyncio.sleep(now.seconds)
    if now.mode == "garbage":
        return web.Response(body=GARBAGE, content_type="application/json")
    if now.mode == "half":
        return await _half(request, json.dumps(document).encode())
    return web.json_response(document)


async def _half(request: web.Request, body: bytes) -> web.StreamResponse:
    answer = web.StreamResponse()
    answer.content_type = "application/json"
    answer.content_length = len(body)
    await answer.prepare(request)
    await answer.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return answer


async def _fields(request: web.Request) -> Fields:
    try:
        form = await request.post()
    except (ValueError, LookupError, RuntimeError, HttpProcessingError):
        raise Rejected("the form cannot be read") from None
    return [(name, value) for name, value in form.items() if isinstance(value, str)]


def told(status: int, text: str) -> web.Response:
    """Return an answer that says no more than a sentence."""
    # Mailgun's 401 is the one answer that is not JSON.
    if status == HTTPStatus.UNAUTHORIZED:
        return web.Response(status=status, text=text)
    return web.json_response({"message": text}, status=status)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
