"""The SBOMs: valid, whole, the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from devstack.audit.locks import pins
from devstack.dashboard import node
from devstack.sbom import documents
from devstack.sbom.documents import Invalid, check, dashboard, python
from shared.version import __version__

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", documents.SERVICES)
def test_document_has_every_package_of_the_lock_and_keeps_to_the_schema(name):
    lock = (ROOT / "locks" / f"{name}.txt").read_text()
    pinned = {pin.partition(" ;")[0] for pin, _ in pins(lock)}

    made = python(ROOT, name)

    check(made)
    assert {f"{c['name']}=={c['version']}" for c in made["components"]} == pinned
    assert made["metadata"]["component"]["version"] == __version__
    assert made["metadata"]["component"]["name"] == f"melotech-{name}"


def test_document_is_the_same_whenever_it_is_made():
    assert python(ROOT, "mailer") == python(ROOT, "mailer")


def test_dashboards_document_tells_what_is_shipped_from_what_builds_it():
    if not node.is_here():
        pytest.skip(node.ADVICE)

    made = dashboard(ROOT)

    check(made)
    scopes = {c["name"]: c.get("scope") for c in made["components"]}
    assert scopes["react"] != "optional"
    assert scopes["vite"] == "optional"
    assert made["metadata"]["component"]["name"] == "melotech-dashboard"


def test_document_that_breaks_the_schema_is_found():
    made = python(ROOT, "gateway")
    made["components"][0]["type"] = "song"

    with pytest.raises(Invalid):
        check(made)


def test_tool_that_fails_is_told_with_its_reason():
    with pytest.raises(Invalid, match="nothing-of-the-kind"):
        python(ROOT, "nothing-of-the-kind")
