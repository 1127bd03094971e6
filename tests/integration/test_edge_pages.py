"""The edge as a server of pages: what may run in them, and how long they are kept."""

from __future__ import annotations

import json

import pytest

from tests.plugins.edge import Edge

SHELL = "<!doctype html><title>The dashboard</title>"
BACKEND = "https://live.example.org"
SUPABASE = "http://localhost:8004"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; media-src 'self' blob:{media}; connect-src 'self'{calls}; "
    "manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


@pytest.fixture
def dashboard(tmp_path):
    folder = tmp_path / "our dashboard"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(SHELL)
    (folder / "assets" / "app-1a2b.js").write_text("let a;" * 200)
    (folder / ".stamp").write_text("digest")
    return folder


@pytest.fixture
def edge_of(tmp_path, dashboard):
    def make(**environ):
        # Nobody answers for the gateway: pages must not need one.
        variables = {"DASHBOARD_ROOT": str(dashboard), **environ}
        return Edge(tmp_path, "127.0.0.1:9", **variables)

    return make


@pytest.mark.parametrize(
    "path", ["/", "/insights", "/artist", "/sign-in?next=/", "/metrics"]
)
async def test_every_page_is_the_dashboard_and_is_asked_for_anew(edge_of, path):
    async with edge_of() as edge:
        answer = await edge.session.get(edge.url + path)

        assert (answer.status, await answer.text()) == (200, SHELL)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.headers["Cache-Control"] == "no-cache"


async def test_what_has_its_content_in_its_name_is_kept_for_a_year(edge_of):
    async with edge_of() as edge:
        answer = await edge.session.get(f"{edge.url}/assets/app-1a2b.js")

        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("path", ["/assets/app-0000.js", "/.stamp", "/assets/.stamp"])
async def test_file_that_is_not_there_is_no_page_and_is_not_remembered(edge_of, path):
    async with edge_of() as edge:
        answer = await edge.session.get(edge.url + path)

        assert (answer.status, answer.headers["Cache-Control"]) == (404, "no-store")
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("environ", "calls", "media"),
    [
        ({}, "", ""),
        (
            {"VITE_BACKEND_URL": f"{BACKEND}/", "VITE_SUPABASE_URL": SUPABASE},
            f" {BACKEND} wss://live.example.org {SUPABASE} ws://localhost:8004",
            f" {SUPABASE}",
        ),
        (
            {"VITE_SUPABASE_URL": "http://[::1]:8004/rest"},
            " http://[::1]:8004 ws://[::1]:8004",
            " http://[::1]:8004",
        ),
        ({"VITE_SUPABASE_URL": "javascript:x"}, "", ""),
        (
            {"VITE_BACKEND_URL": "https://a.b; script-src *"},
            " https://a.b wss://a.b",
            "",
        ),
    ],
    ids=["nothing elsewhere", "both", "IPv6", "no address", "more than an address"],
)
async def test_pages_may_call_the_services_and_nobody_else(
    edge_of, environ, calls, media
):
    async with edge_of(**environ) as edge:
        answer = await edge.session.get(f"{edge.url}/")

        policy = answer.headers["Content-Security-Policy"]
        assert policy == POLICY.format(calls=calls, media=media)
        assert answer.headers["X-Frame-Options"] == "DENY"


async def test_browser_is_told_where_the_services_are(edge_of):
    told = {
        "VITE_BACKEND_URL": BACKEND,
        "VITE_SUPABASE_URL": SUPABASE,
        "VITE_SUPABASE_ANON_KEY": 'sb_"publishable"_\\<key>',
        "VITE_SUPABASE_BUCKET": "tracks {env.HOME}",
    }
    async with edge_of(**told) as edge:
        answer = await edge.session.get(f"{edge.url}/config.json")

        assert json.loads(await answer.text()) == told
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_what_is_not_set_is_told_as_empty(edge_of):
    async with edge_of() as edge:
        answer = await edge.session.get(f"{edge.url}/config.json")

        assert set((await answer.json()).values()) == {""}


async def test_key_in_a_file_goes_before_the_variable(edge_of, tmp_path):
    file = tmp_path / "key"
    file.write_text("from-the-file\n")
    both = {
        "VITE_SUPABASE_ANON_KEY": "from-the-variable",
        "VITE_SUPABASE_ANON_KEY_FILE": str(file),
    }
    async with edge_of(**both) as edge:
        answer = await edge.session.get(f"{edge.url}/config.json")

        assert (await answer.json())["VITE_SUPABASE_ANON_KEY"] == "from-the-file"


async def test_where_no_dashboard_was_built_a_page_says_how(tmp_path):
    async with Edge(tmp_path, "127.0.0.1:9") as edge:
        answer = await edge.session.get(f"{edge.url}/insights")

        assert "make dashboard" in await answer.text()
