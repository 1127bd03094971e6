"""Every link of every document leads somewhere, on GitHub and on the site."""

from __future__ import annotations

import posixpath
from urllib.parse import urlsplit

import pytest

from tests.plugins.documents import DOCUMENTS, ROOT, anchors, links

#: Whom the documents may send a reader to. Examples and this machine are no links.
HOSTS = {
    "api.eu.mailgun.net",
    "caddyserver.com",
    "docs.docker.com",
    "documentation.mailgun.com",
    "grafana.com",
    "jinja.palletsprojects.com",
    "opentelemetry.io",
    "prometheus.io",
    "supabase.com",
    "www.rabbitmq.com",
    "www.rfc-editor.org",
    "www.standardwebhooks.com",
}
OURS = {"localhost", "127.0.0.1", "your-host", "live.example.com"}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_within_the_project_leads_to_a_file_and_a_heading(document):
    broken = [link for link in links(document) if not _leads_somewhere(document, link)]

    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_outward_are_https_and_lead_to_hosts_that_are_known(document):
    outward = [urlsplit(link) for link in links(document) if "://" in link]
    outward = [link for link in outward if link.hostname not in OURS]

    assert [link.geturl() for link in outward if link.scheme != "https"] == []
    assert {link.hostname for link in outward} <= HOSTS


def _leads_somewhere(document, link):
    if "://" in link:
        return True
    path, _, anchor = link.partition("#")
    folder = posixpath.dirname(document)
    target = posixpath.normpath(posixpath.join(folder, path)) if path else document
    if target.startswith(("..", "/")) or not (ROOT / target).exists():
        return False
    return not anchor or (target.endswith(".md") and anchor in anchors(target))
