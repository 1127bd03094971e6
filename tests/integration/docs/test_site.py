"""The documents become a site that needs nothing from anywhere else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from tests.plugins.documents import ROOT

LOADED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?(?:https?:)?//"
    r"|<link\b[^>]*\bhref=[\"']?(?:https?:)?//"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_site_is_built_without_a_warning(site):
    assert (site / "index.html").is_file()


def test_pages_load_nothing_from_elsewhere(site):
    pages = list(site.rglob("*.html"))

    assert len(pages) > 25
    assert [p.name for p in pages if LOADED.search(p.read_text("utf-8"))] == []
    assert "fonts.g" not in (site / "index.html").read_text("utf-8")


def test_guides_beside_the_code_are_pages_too(site):
    for page in ("database", "benchmarks", "clients/package", "changelog"):
        assert (site / page / "index.html").is_file(), page
    assert list((site / "sql").glob("*_webhooks.sql"))


def test_protocol_is_shown_from_its_descriptions(site):
    http = (site / "http-reference" / "index.html").read_text("utf-8")
    sockets = (site / "socket-reference" / "index.html").read_text("utf-8")

    assert "GET /api/submissions/{id}/history" in http
    assert "mailer.dead-letters" in sockets
    assert "server going away" in sockets


def test_code_blocks_in_lists_are_code(site):
    page = (site / "database" / "index.html").read_text("utf-8")

    assert "```" not in page
    assert re.search(r"<li>.*?<code[^>]*>.*?melotech", page, re.DOTALL)


def test_search_finds_every_variable_of_the_reference(site):
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    text = " ".join(entry["text"] for entry in index["docs"])

    assert "SPOOL_MAX_AGE_SECONDS" in text
    assert "MAIL_LOOKUP_TRUSTED_SECONDS" in text
