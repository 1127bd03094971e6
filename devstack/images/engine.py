"""The Docker engine: whether there is one, and an image out of it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.images.archive import Image, read
from devstack.images.secrets import betrayed_in

ANSWER_DEADLINE = 20
SAVE_DEADLINE = 300


class Unavailable(Exception):
    """There is no engine that answers, or it has no such image."""


def is_here() -> bool:
    """Tell whether a Docker engine answers."""
    if shutil.which("docker") is None:
        return False
    try:
        return _docker("version", deadline=ANSWER_DEADLINE).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def has(tag: str) -> bool:
    """Tell whether the engine has an image of this name."""
    return _docker("image", "inspect", tag, deadline=ANSWER_DEADLINE).returncode == 0


@contextmanager
def saved(tag: str) -> Iterator[Image]:
    """Yield the image, read from a file that is gone afterwards; raise Unavailable."""
    if not is_here():
        raise Unavailable("no Docker engine answers")
    if not has(tag):
        raise Unavailable(f"there is no image {tag}: `docker compose build` makes it")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "image.tar")
        done = _docker("save", "--output", str(file), tag, deadline=SAVE_DEADLINE)
        if done.returncode:
            raise Unavailable(done.stderr.strip()[-300:])
        yield read(file, betrays=betrayed_in)


def _docker(*words: str, deadline: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=deadline,
        check=False,
    )
