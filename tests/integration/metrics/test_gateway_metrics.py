"""The metrics of the gateway, with a real broker and clients of both kinds."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import pytest
from yarl import URL

from shared.version import __version__
from tests.plugins.edge import Edge
from tests.plugins.scrape import OPENMETRICS, Scrape
from tests.plugins.services import (
    start_gateway,
    start_ingest,
    start_supabase,
    until,
)
from tests.plugins.sockets import Client, login, post_change, users_id

PREFIX = "melotech_gateway_"
ADMIN, ADA = "admin@melotech.test", "ada@melotech.test"


@pytest.fixture(scope="module")
def supabase(start_for_module, tmp_path_factory):
    return start_supabase(start_for_module, tmp_path_factory.mktemp("supabase"))


@pytest.fixture(scope="module")
def ingest(start_for_module, bus_url_for_module):
    return start_ingest(start_for_module, bus_url_for_module)


@pytest.fixture
def gateway(start, bus_url_for_module, supabase, tmp_path):
    return start_gateway(start, bus_url_for_module, supabase.url, tmp_path)


@contextlib.asynccontextmanager
async def event_stream(gateway, token):
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session:
        address = f"{gateway.url}/api/events"
        async with session.get(address, headers=headers) as answer:
            assert answer.status == 200
            yield answer


def value(gateway, name, **labels):
    return Scrape(gateway).value(PREFIX + name, **labels)


async def eventually(gateway, name, expected, **labels):
    """Wait until the metric has the value."""
    await asyncio.to_thread(until, lambda: value(gateway, name, **labels) == expected)


async def test_events_deliveries_and_clients_are_counted(gateway, supabase, ingest):
    admin, (_, auth_id) = login(supabase, ADMIN), users_id(supabase, ADA)
    ada = login(supabase, ADA)
    async with (
        Client(gateway, "admin") as one,
        Client(gateway, f"artist/{auth_id}") as artist,
        event_stream(gateway, admin),
    ):
        await one.auth(admin)
        await one.next("welcome")
        await artist.auth(ada)
        await artist.next("welcome")
        await eventually(gateway, "connections", 1, room="admin", transport="sse")
        post_change(ingest.url, userid=auth_id)
        post_change(ingest.url, userid="somebody-else")
        for _ in range(2):
            await one.next("submission_update")
        await artist.next("submission_update")

        await eventually(gateway, "deliveries_total", 4, room="admin")
        told = Scrape(gateway, accept=OPENMETRICS)

    def of(name, **labels):
        return told.value(PREFIX + name, **labels)

    assert of("deliveries_total", room="artist") == 1
    assert of("events_total", type="submission.status-changed") == 2
    assert of("connections", room="admin", transport="websocket") == 1
    assert of("connections", room="artist", transport="websocket") == 1
    assert of("connections", room="artist", transport="sse") == 0
    assert of("rooms") == 3  # an artist is known by two ids
    assert of("webhook_to_frame_seconds_count") == 2
    assert 0 <= of("webhook_to_frame_seconds_sum") < 20
    assert of("live") == 1
    assert of("lagging_connections") == of("lagged_total") == 0
    assert of("buffer_bytes_max") <= of("buffer_bytes")
    assert of("mailer_consumers") == 0  # none is started here
    assert of("mailer_dead_letters") == 0
    assert told.value(
        "melotech_build_info", service="realtime_gateway", version=__version__
    )
    assert told.value("process_cpu_seconds_total") > 0
    assert auth_id not in told.text()
    assert "somebody-else" not in told.text()


async def test_ends_are_counted_by_close_code(gateway, supabase):
    token = login(supabase, ADA)
    async with Client(gateway, "admin") as stranger:
        await stranger.auth(token)
        assert (await stranger.closed_with())[0] == 4003
    async with Client(gateway, "admin") as admin:
        await admin.auth(login(supabase, ADMIN))
        await admin.next("welcome")

    await eventually(gateway, "closed_total", 1, code="4003")
    await eventually(gateway, "closed_total", 1, code="none")
    assert value(gateway, "closed_total", code="4202") == 0


async def test_what_was_too_much_is_counted_by_its_reason(
    start, bus_url_for_module, supabase, tmp_path
):
    limits = {"MAX_CONNECTIONS": "1"}
    gateway = start_gateway(start, bus_url_for_module, supabase.url, tmp_path, **limits)
    async with Client(gateway, "admin"), Client(gateway, "admin") as second:
        assert (await second.closed_with())[0] == 4100

    await eventually(gateway, "refused_total", 1, reason="connections")
    assert value(gateway, "refused_total", reason="origin") == 0


def test_change_log_is_told_of_and_how_far_it_is_behind_the_stream(
    start, bus_url_for_module, supabase, ingest, tmp_path
):
    for _ in range(3):
        post_change(ingest.url)

    gateway = start_gateway(start, bus_url_for_module, supabase.url, tmp_path)

    until(lambda: value(gateway, "stream_lag_events") == 0)
    # What the file has is looked at every ten seconds, at the start too.
    gateway.stop()
    gateway.start()
    until(lambda: (value(gateway, "changelog_events") or 0) >= 3)
    told = Scrape(gateway)
    assert told.value(f"{PREFIX}changelog_bytes") > 10_000
    assert 0 <= told.value(f"{PREFIX}changelog_oldest_age_seconds") < 300


def test_without_the_broker_nothing_is_told_that_nobody_knows(
    start, supabase, tmp_path
):
    nowhere = "amqp://u:p@127.0.0.1:1/"
    gateway = start_gateway(start, nowhere, supabase.url, tmp_path, wait=False)
    until(lambda: "broker.lost" in gateway.output())

    told = Scrape(gateway)
    assert told.value(f"{PREFIX}live") == 0
    assert told.value(f"{PREFIX}mailer_backlog") is None
    assert told.value(f"{PREFIX}stream_lag_events") is None


async def test_edge_passes_no_metrics_on(tmp_path, gateway, ingest):
    at = f"127.0.0.1:{gateway.port}"
    async with Edge(tmp_path, at, ingest=f"127.0.0.1:{ingest.port}") as edge:
        for path in (
            *("/metrics", "/metrics/", "//metrics", "/metrics?x=1", "/%6detrics"),
            *("/api/../metrics", "/ws/%2e%2e/metrics", "/ws/..%2fmetrics"),
            *("/webhook/../metrics", "/webhook/%2e%2e/metrics", "/webhook//metrics"),
            *("/unsubscribe/..%2f..%2fmetrics", "/webhook/..;/metrics"),
        ):
            # As it is: a client would tidy it up.
            answer = await edge.session.get(URL(f"{edge.url}{path}", encoded=True))

            text = await answer.text()
            assert "melotech_" not in text
            assert "process_" not in text
