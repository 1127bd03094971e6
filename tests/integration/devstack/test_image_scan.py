"""The scanner with a real engine: an image that is built, looked into and removed."""

from __future__ import annotations

import subprocess
import sys
import uuid

import pytest

from devstack.images import engine
from devstack.images.__main__ import IMAGES
from devstack.images.rules import findings

DOCKERFILE = """
FROM scratch
LABEL org.opencontainers.image.title="A test's"
COPY tool /usr/bin/curl
COPY secret /app/.env
USER 10001:10001
"""


@pytest.fixture
def built(tmp_path):
    """The name of an image that breaks several rules."""
    if not engine.is_here():
        pytest.skip("no Docker engine answers")
    for name in ("tool", "secret"):
        (tmp_path / name).write_text("nothing\n")
    (tmp_path / "tool").chmod(0o4755)
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    tag = f"melotech-test/{uuid.uuid4().hex}:scan"
    made = subprocess.run(
        ["docker", "build", "--quiet", "--tag", tag, "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"the engine builds nothing: {made.stderr[-200:]}")
    yield tag
    subprocess.run(
        ["docker", "image", "rm", tag], capture_output=True, timeout=60, check=True
    )


@pytest.mark.docker
def test_what_speaks_against_a_built_image_is_found(built):
    with engine.saved(built) as image:
        found = {each.rule: each.detail for each in findings(image, IMAGES["gateway"])}

    assert set(found) == {"labels", "more rights", "leftover", "secret kept"}
    assert found["leftover"] == "/usr/bin/curl"
    assert found["secret kept"] == "a layer has /app/.env"


def test_without_an_engine_the_command_says_so(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")

    done = subprocess.run(
        [sys.executable, "-m", "devstack.images", "scan", "gateway"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "not scanned: no Docker engine answers" in done.stderr
