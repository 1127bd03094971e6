"""The pages of sample mails: all of them, escaped, and unable to run anything."""

from __future__ import annotations

import re
from html import unescape

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from devstack.mailgun import previews


@pytest.fixture
async def client():
    app = web.Application()
    previews.add_to(app)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_overview_leads_to_every_mail(client):
    page = await (await client.get("/previews")).text()
    links = [unescape(link) for link in re.findall(r'href="(/previews/[^"]+)', page)]

    assert len(links) == 16
    for link in links:
        assert (await client.get(link)).status == 200


async def test_mail_is_shown_in_a_frame_that_runs_nothing(client):
    answer = await client.get("/previews/approved?locale=de&width=390")
    page = await answer.text()

    assert "„Midnight Tram“ ist angenommen" in page
    assert page.count("<!doctype") == 1
    assert re.search(r'<iframe sandbox srcdoc="&lt;!doctype html&gt;[^"<>]*" ', page)
    assert "width:390px" in page
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("query", ["locale=../../x", "width=9e9", "locale=%00&width="])
async def test_strange_wishes_show_the_default(client, query):
    page = await (await client.get(f"/previews/pending?{query}")).text()

    assert "pending, en" in page
    assert "width:600px" in page


async def test_unknown_status_is_not_found(client):
    assert (await client.get("/previews/lost")).status == 404
    assert (await client.get("/previews/..%2f..%2fx")).status == 404
