"""The stand-in's application, wired."""

from __future__ import annotations

from html import escape

from aiohttp import web
from aiohttp.typedefs import Handler

from devstack.html import page, table
from devstack.supabase import seed
from devstack.supabase.admin_users import AdminUsers
from devstack.supabase.gotrue import Auth
from devstack.supabase.people import Keys
from devstack.supabase.rest import Rest
from devstack.supabase.settings import StandInSettings
from devstack.supabase.storage import Storage
from devstack.supabase.store import Store
from devstack.supabase.tokens import TokenSigner
from devstack.supabase.webhooks import Webhooks
from shared.version import __version__


async def create_app(settings: StandInSettings) -> web.Application:
    """Return the application; its cleanup ends the webhooks under way."""
    folder = settings.supabase_standin_data_dir
    webhooks = Webhooks(
        settings.supabase_standin_webhook_url,
        settings.webhook_secret[0].get_secret_value(),
    )
    store = Store(folder, webhooks.send)
    signer = TokenSigner(folder, lifetime=settings.supabase_standin_token_seconds)
    keys = Keys(
        service=settings.supabase_service_role_key.get_secret_value(),
        anon=settings.vite_supabase_anon_key.get_secret_value(),
    )
    app = web.Application(middlewares=[open_to_browsers])
    Auth(store, signer).add_to(app)
    AdminUsers(store, signer, keys).add_to(app)
    Rest(store, signer, keys).add_to(app)
    Storage(store, signer, keys).add_to(app)

    async def front(request: web.Request) -> web.Response:
        return web.Response(text=_front(webhooks), content_type="text/html")

    async def well(request: web.Request) -> web.Response:
        body = {"status": "healthy", "service": "supabase", "version": __version__}
        return web.json_response(body)

    async def close(app: web.Application) -> None:
        await webhooks.close()
        store.close()

    app.router.add_get("/", front)
    app.router.add_get("/health", well)
    app.router.add_get("/ready", well)
    app.on_cleanup.append(close)
    return app


@web.middleware
async def open_to_browsers(
    request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Let pages of any origin call, as Supabase does: keys and tokens decide."""
    if request.method == "OPTIONS":
        answer: web.StreamResponse = web.Response(status=204)
    else:
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            answer = web.json_response({"message": error.reason}, status=error.status)
    asked = request.headers.get("Access-Control-Request-Headers", "*")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Access-Control-Allow-Methods"] = (
        "GET, POST, PUT, PATCH, DELETE, OPTIONS"
    )
    answer.headers["Access-Control-Allow-Headers"] = asked
    return answer


def _front(webhooks: Webhooks) -> str:
    logins = [
        [escape(user["email"]), seed.PASSWORD, f"<code>{user['id']}</code>"]
        for user in seed.USERS
    ]
    sent = [
        [f"{s.at:%H:%M:%S}", s.operation, escape(s.title), escape(s.answer)]
        for s in webhooks.sent
    ]
    body = (
        "<p>It speaks Supabase Auth below <code>/auth/v1</code>, PostgREST below "
        "<code>/rest/v1</code> and Storage below <code>/storage/v1</code>, and sends "
        "a signed webhook for each change of <code>submissions</code>.</p>"
        "<h2>Logins</h2>"
        + table(["address", "password", "users.id"], logins)
        + "<h2>Webhooks</h2>"
        + table(["time", "change", "title", "answer"], sent)
    )
    return page("Supabase, the local stand-in", body, refresh=5)
