"""The dashboard's pages, made once for each state of its sources."""

from __future__ import annotations

import threading
import time
from enum import Enum
from pathlib import Path

from devstack.dashboard import currency, node

INSTALL_DEADLINE = 600.0
BUILD_DEADLINE = 300.0
#: From the lock alone, and no package runs a program of its own while it is unpacked.
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
BUILD = ("npx", "--no-install", "vite", "build")


class Standing(Enum):
    """What there is to do."""

    ABSENT = "there is no dashboard here"
    NO_NODE = f"skipped, {node.ADVICE}"
    CURRENT = "up to date"
    DUE = "due"


def standing(folder: Path) -> Standing:
    """Look at the folder and this machine."""
    if not (folder / "package.json").exists():
        return Standing.ABSENT
    if currency.is_built(folder):
        return Standing.CURRENT
    return Standing.DUE if node.is_here() else Standing.NO_NODE


def install(folder: Path, stopping: threading.Event | None = None) -> None:
    """Install the packages where they are not those of the lock; raise node.Failed."""
    if not currency.are_installed(folder):
        node.run(folder, INSTALL, timeout=INSTALL_DEADLINE, stopping=stopping)


def build(folder: Path, stopping: threading.Event | None = None) -> None:
    """Make the pages in `folder/dist`; raise node.Failed, and leave the old ones."""
    digest = currency.digest_of(folder)
    install(folder, stopping)
    node.run(folder, BUILD, timeout=BUILD_DEADLINE, stopping=stopping)
    currency.stamp(folder, digest)


def build_if_due(folder: Path, stopping: threading.Event | None = None) -> str:
    """Return what became of it, as one line for people; never raise."""
    found = standing(folder)
    if found is not Standing.DUE:
        return str(found.value)
    started = time.monotonic()
    try:
        build(folder, stopping)
    except (node.Failed, OSError) as error:
        return f"not built, so what was there before is served: {error}"
    return f"built {time.monotonic() - started:5.1f} s"
