"""The stand-in's application: Mailgun's API, the inbox and the switches."""

from __future__ import annotations

import re
from dataclasses import asdict
from http import HTTPStatus

import msgspec
from aiohttp import web

from devstack.mailgun import behaviour, pages, previews
from devstack.mailgun.api import Api, told
from devstack.mailgun.inbox import Inbox
from devstack.mailgun.journal import Journal
from devstack.mailgun.settings import StandInSettings
from devstack.mailgun.webhooks import Webhooks
from shared.version import __version__

#: Mailgun takes messages of up to 25 MB.
MAX_BODY_BYTES = 26_214_400
SHOWN = 200

_FIELDS = re.compile(r"[a-z_]{1,40}(,[a-z_]{1,40}){0,19}")


class StandIn:
    """The handlers of what Mailgun itself has not."""

    def __init__(
        self, api: Api, *, inbox: Inbox, journal: Journal, webhooks: Webhooks
    ) -> None:
        self._api = api
        self._inbox = inbox
        self._journal = journal
        self._webhooks = webhooks

    async def messages(self, request: web.Request) -> web.Response:
        """Answer `GET /api/messages`.

        `?fields=id,to` shows these members only, `?count=1` no more than how many.
        """
        if request.query.get("count"):
            return web.json_response({"count": self._inbox.count()})
        fields = request.query.get("fields")
        if not fields:
            return web.json_response(self._inbox.all())
        if not _FIELDS.fullmatch(fields):
            return told(HTTPStatus.BAD_REQUEST, "'fields' are names with commas")
        return web.json_response(self._inbox.fields(fields.split(",")))

    async def clear(self, request: web.Request) -> web.Response:
        """Answer `DELETE /api/messages`: forget the mails and what happened to them."""
        self._inbox.clear()
        self._journal.clear()
        return web.Response(status=204)

    async def behave(self, request: web.Request) -> web.Response:
        """Answer `POST /api/behaviour`."""
        try:
            self._api.behaviour = behaviour.read(await request.read())
        except msgspec.DecodeError as error:
            return told(HTTPStatus.BAD_REQUEST, str(error))
        return await self.behaviour(request)

    async def behaviour(self, request: web.Request) -> web.Response:
        """Answer `GET /api/behaviour`."""
        return web.json_response(msgspec.to_builtins(self._api.behaviour))

    async def told(self, request: web.Request) -> web.Response:
        """Answer `GET /api/webhooks`: the newest attempts first.

        `?waiting=1` shows no more than how many mails have something still to be told.
        """
        if request.query.get("waiting"):
            return web.json_response({"waiting": self._webhooks.waiting})
        return web.json_response([asdict(sent) for sent in self._webhooks.sent])

    async def front(self, request: web.Request) -> web.Response:
        """Show the inbox."""
        text = pages.inbox(self._inbox.numbered(SHOWN))
        return web.Response(text=text, content_type="text/html")

    async def show(self, request: web.Request) -> web.Response:
        """Show one mail."""
        message = self._inbox.one(int(request.match_info["number"]))
        if message is None:
            return told(HTTPStatus.NOT_FOUND, "no such mail")
        return web.Response(text=pages.mail(message), content_type="text/html")

    async def well(self, request: web.Request) -> web.Response:
        """Answer `/health` and `/ready`."""
        body = {"status": "healthy", "service": "mailgun", "version": __version__}
        return web.json_response(body)


async def create_app(settings: StandInSettings) -> web.Application:
    """Return the application."""
    inbox = Inbox(settings.mailgun_standin_data_dir)
    journal = Journal(settings.mailgun_standin_data_dir)
    keys = [key.get_secret_value() for key in settings.mailgun_webhook_signing_key]
    webhooks = Webhooks(settings.mailgun_standin_webhook_url, keys[0] if keys else None)
    api = Api(settings, inbox=inbox, journal=journal, webhooks=webhooks)
    it = StandIn(api, inbox=inbox, journal=journal, webhooks=webhooks)
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_post("/v3/{domain}/messages", api.take)
    app.router.add_get("/v3/{domain}/events", api.events)
    app.router.add_get(r"/v3/{domain}/events/{page:[\w-]{1,2000}}", api.events)
    app.router.add_get("/v4/domains/{domain}", api.domain)
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
        journal.close()
        inbox.close()

    app.on_cleanup.append(close)
    return app
