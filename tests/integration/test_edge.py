"""The edge in front of several gateways: who gets a request, and what is left alone."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.plugins.edge import DEADLINE, Edge, eventually

#: What Caddy says each time that it takes up its file.
STARTED = "admin endpoint disabled"


class FakeGateway:
    """Answers as a gateway does, and says which one it is."""

    def __init__(self, name):
        self.name = name
        self.ready = True
        self.left = asyncio.Event()
        self.posts = 0
        self.app = web.Application()
        for path, handler in {
            "/ready": self._ready,
            "/health": self._health,
            "/ws/admin": self._socket,
            "/api/events": self._events,
        }.items():
            self.app.router.add_get(path, handler)
        self.app.router.add_post("/admin/disconnect", self._disconnect)
        self.server = TestServer(self.app)

    async def start(self):
        await self.server.start_server()

    async def stop(self):
        await self.server.close()

    @property
    def address(self):
        return f"127.0.0.1:{self.server.port}"

    async def _ready(self, request):
        return web.Response(status=200 if self.ready else 503)

    async def _health(self, request):
        told = {"gateway": self.name, "for": request.headers["X-Forwarded-For"]}
        return web.json_response(told, status=200 if self.ready else 503)

    async def _socket(self, request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await ws.send_str(self.name)
        async for message in ws:
            await ws.send_str(message.data)
        return ws

    async def _events(self, request):
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        await answer.write(b": here\n\n")
        try:
            await asyncio.Event().wait()
        finally:
            self.left.set()

    async def _disconnect(self, request):
        self.posts += 1
        request.transport.abort()
        return web.Response()


@pytest.fixture
async def gateways():
    pair = [FakeGateway("a"), FakeGateway("b")]
    for each in pair:
        await each.start()
    yield pair
    for each in pair:
        await each.stop()


@pytest.fixture
async def edge(tmp_path, gateways):
    addresses = [gateway.address for gateway in gateways]
    async with Edge(tmp_path, *addresses) as edge:
        yield edge


@pytest.fixture
async def ingest():
    async def told(request):
        return web.Response(text=f"ingest at {request.path}")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", told)
    async with TestServer(app) as server:
        yield server


async def test_sockets_are_spread_evenly(edge):
    opened = [await edge.socket() for _ in range(6)]

    assert sorted(name for name, _ in opened) == ["a", "a", "a", "b", "b", "b"]


async def test_gateway_that_is_not_ready_gets_no_new_socket_and_keeps_its_old_ones(
    edge, gateways
):
    opened = [await edge.socket() for _ in range(4)]
    gateways[0].ready = False

    async def only_the_other():
        return await edge.new_sockets(4) == {"b"}

    await eventually(only_the_other)
    for _, ws in opened:
        await ws.send_str("still here")
        assert await ws.receive_str(timeout=DEADLINE) == "still here"


async def test_dead_gateway_costs_nobody_an_error(edge, gateways):
    await gateways[0].stop()

    assert await edge.new_sockets(4) == {"b"}
    assert [(await edge.health()).status for _ in range(4)] == [200] * 4


async def test_every_gateways_health_is_seen_even_of_one_that_is_not_ready(
    edge, gateways
):
    gateways[0].ready = False

    async def both():
        answers = [await edge.health() for _ in range(4)]
        told = {((await each.json())["gateway"], each.status) for each in answers}
        return told == {("a", 503), ("b", 200)}

    await eventually(both)


@pytest.mark.parametrize(
    ("trusted", "believed"),
    [("", "127.0.0.1"), ("127.0.0.0/8", "203.0.113.9, 127.0.0.1")],
)
async def test_who_came_is_believed_from_a_proxy_that_is_trusted_alone(
    tmp_path, gateways, trusted, believed
):
    addresses = [gateway.address for gateway in gateways]
    async with (
        Edge(tmp_path, *addresses, EDGE_TRUSTED_PROXIES=trusted) as edge,
        aiohttp.ClientSession() as client,
    ):
        told = {"X-Forwarded-For": "203.0.113.9"}
        async with client.get(f"{edge.url}/health", headers=told) as answer:
            assert (await answer.json())["for"] == believed


async def test_no_gateway_ready_is_told_with_when_to_come_back(edge, gateways):
    for each in gateways:
        each.ready = False

    async def refused():
        try:
            await edge.socket()
        except aiohttp.WSServerHandshakeError as error:
            return error

    error = await eventually(refused)
    assert error.status == 503
    assert error.headers["Retry-After"] == "5"


async def test_change_that_was_sent_is_not_sent_again(edge, gateways):
    answer = await edge.session.post(f"{edge.url}/admin/disconnect", data=b"{}")

    assert answer.status == 503
    assert sum(each.posts for each in gateways) == 1


async def test_idle_event_stream_is_passed_on_at_once_and_ends_with_its_client(
    edge, gateways
):
    stream = await edge.session.get(f"{edge.url}/api/events?token=secret")
    assert await stream.content.readline() == b": here\n"
    stream.close()

    ended = [asyncio.create_task(each.left.wait()) for each in gateways]
    done, open_still = await asyncio.wait(
        ended, timeout=DEADLINE, return_when=asyncio.FIRST_COMPLETED
    )
    for task in open_still:
        task.cancel()
    assert done
    assert "secret" not in edge.log.read_text()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_links_of_mails_lead_to_ingest(tmp_path, gateways, ingest, method):
    addresses = [gateway.address for gateway in gateways]
    at = f"127.0.0.1:{ingest.port}"
    async with Edge(tmp_path, *addresses, ingest=at) as edge:
        answer = await edge.session.request(method, f"{edge.url}/unsubscribe/a.b")

        assert await answer.text() == "ingest at /unsubscribe/a.b"


@pytest.mark.parametrize(("keepalive", "connections"), [("30s", 1), ("off", 3)])
async def test_each_webhook_is_sent_anew_where_one_address_stands_for_several(
    tmp_path, gateways, keepalive, connections
):
    async def told(request):
        return web.Response(text=str(request.transport.get_extra_info("peername")))

    app = web.Application()
    app.router.add_post("/webhook/mailgun", told)
    addresses = [gateway.address for gateway in gateways]
    async with TestServer(app) as server:
        at = {"ingest": f"127.0.0.1:{server.port}", "INGEST_KEEPALIVE": keepalive}
        async with Edge(tmp_path, *addresses, **at) as edge:
            came = []
            for _ in range(3):
                answer = await edge.session.post(
                    f"{edge.url}/webhook/mailgun", data=b"{}"
                )
                came.append(await answer.text())

    assert len(set(came)) == connections


async def test_link_of_a_mail_stands_in_no_log_of_the_edge(edge):
    answer = await edge.session.get(f"{edge.url}/unsubscribe/the-token?x=y")

    assert answer.status == 503
    assert "the-token" not in edge.log.read_text()


async def test_clients_address_cannot_be_forged(edge):
    answer = await edge.health(**{"X-Forwarded-For": "192.0.2.1"})

    assert (await answer.json())["for"] == "127.0.0.1"


async def test_reloading_edge_cuts_no_socket(edge):
    _, ws = await edge.socket()
    started = edge.log.read_text().count(STARTED)
    edge.reload()

    async def reloaded():
        return edge.log.read_text().count(STARTED) > started

    await eventually(reloaded)
    await ws.send_str("still here")
    assert await ws.receive_str(timeout=DEADLINE) == "still here"
