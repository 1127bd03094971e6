"""The stand-in's application: the messages API, the inbox and the switches."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from http import HTTPStatus

import msgspec
from aiohttp import web
from aiohttp.http import HttpProcessingError

from devstack.mailgun import behaviour, pages, previews
from devstack.mailgun.behaviour import Behaviour
from devstack.mailgun.form import Fields, Rejected, message_of
from devstack.mailgun.inbox import Inbox
from devstack.mailgun.settings import StandInSettings
from devstack.mailgun.webhooks import Webhooks
from shared import logs
from shared.version import __version__

log = logs.get(__name__)

#: Mailgun takes messages of up to 25 MB.
MAX_BODY_BYTES = 26_214_400
SHOWN = 200


class StandIn:
    """The handlers, and the behaviour that the next mails meet."""

    def __init__(
        self, settings: StandInSettings, inbox: Inbox, webhooks: Webhooks
    ) -> None:
        self._key = settings.mailgun_api_key.get_secret_value()
        self._domain = settings.mailgun_domain
        self._inbox = inbox
        self._webhooks = webhooks
        self._behaviour = Behaviour()

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Answer `POST /v3/{domain}/messages`."""
        now, self._behaviour = self._behaviour, self._behaviour.next()
        if now.mode == "status":
            return _told(now.status, behaviour.answer_text(now, datetime.now(UTC)))
        if now.mode == "hang":
            # A client that leaves cancels this handler, so its mail is not kept.
            await asyncio.sleep(now.seconds)
        if now.mode == "drop":
            return _cut(request)
        if not self._authorised(request):
            return _told(HTTPStatus.UNAUTHORIZED, "Forbidden")
        domain = request.match_info["domain"]
        if domain != self._domain:
            return _told(HTTPStatus.NOT_FOUND, f"Domain not found: {domain}")
        try:
            message = message_of(
                await _fields(request), domain=domain, fresh_id=uuid.uuid4().hex
            )
        except Rejected as error:
            return _told(HTTPStatus.BAD_REQUEST, str(error))
        self._inbox.add(message)
        log.info("mail.taken", message_id=message["id"])
        self._webhooks.tell(message, now.fate)
        if now.mode == "accept_then_drop":
            return _cut(request)
        return web.json_response({"id": message["id"], "message": "Queued. Thank you."})

    async def messages(self, request: web.Request) -> web.Response:
        """Answer `GET /api/messages`."""
        return web.json_response(self._inbox.all())

    async def clear(self, request: web.Request) -> web.Response:
        """Answer `DELETE /api/messages`."""
        self._inbox.clear()
        return web.Response(status=204)

    async def behave(self, request: web.Request) -> web.Response:
        """Answer `POST /api/behaviour`."""
        try:
            self._behaviour = behaviour.read(await request.read())
        except msgspec.DecodeError as error:
            return _told(HTTPStatus.BAD_REQUEST, str(error))
        return await self.behaviour(request)

    async def behaviour(self, request: web.Request) -> web.Response:
        """Answer `GET /api/behaviour`."""
        return web.json_response(msgspec.to_builtins(self._behaviour))

    async def told(self, request: web.Request) -> web.Response:
        """Answer `GET /api/webhooks`: the newest attempts first."""
        return web.json_response([asdict(sent) for sent in self._webhooks.sent])

    async def front(self, request: web.Request) -> web.Response:
        """Show the inbox."""
        text = pages.inbox(self._inbox.numbered(SHOWN))
        return web.Response(text=text, content_type="text/html")

    async def show(self, request: web.Request) -> web.Response:
        """Show one mail."""
        message = self._inbox.one(int(request.match_info["number"]))
        if message is None:
            return _told(HTTPStatus.NOT_FOUND, "no such mail")
        return web.Response(text=pages.mail(message), content_type="text/html")

    async def well(self, request: web.Request) -> web.Response:
        """Answer `/health` and `/ready`."""
        body = {"status": "healthy", "service": "mailgun", "version": __version__}
        return web.json_response(body)

    def _authorised(self, request: web.Request) -> bool:
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        expected = f"api:{self._key}".encode()
        return scheme.lower() == "basic" and hmac.compare_digest(given, expected)


async def create_app(settings: StandInSettings) -> web.Application:
    """Return the application."""
    inbox = Inbox(settings.mailgun_standin_data_dir)
    keys = [key.get_secret_value() for key in settings.mailgun_webhook_signing_key]
    webhooks = Webhooks(
        settings.mailgun_standin_webhook_url,
        keys[0] if keys else None,
        domain=settings.mailgun_domain,
    )
    it = StandIn(settings, inbox, webhooks)
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_post("/v3/{domain}/messages", it.take)
    app.router.add_get("/api/messages", it.messages)
    app.router.add_delete("/api/messages", it.clear)
    app.router.add_get("/api/behaviour", it.behaviour)
    app.router.add_post("/api/behaviour", it.behave)
    app.router.add_get("/api/webhooks", it.told)
    app.router.add_get("/", it.front)
    app.router.add_get(r"/messages/{number:\d{1,12}}", it.show)
    previews.add_to(app)
    app.router.add_get("/health", it.well)
    app.router.add_get("/ready", it.well)

    async def close(app: web.Application) -> None:
        await webhooks.close()
        inbox.close()

    app.on_cleanup.append(close)
    return app


async def _fields(request: web.Request) -> Fields:
    try:
        form = await request.post()
    except (ValueError, LookupError, RuntimeError, HttpProcessingError):
        raise Rejected("the form cannot be read") from None
    return [(name, value) for name, value in form.items() if isinstance(value, str)]


def _told(status: int, text: str) -> web.Response:
    # Mailgun's 401 is the one answer that is not JSON.
    if status == HTTPStatus.UNAUTHORIZED:
        return web.Response(status=status, text=text)
    return web.json_response({"message": text}, status=status)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
