"""What a release consists of: images, SBOMs, the npm package, checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from devstack.dashboard import building, node
from devstack.images import engine
from devstack.release import tools

FOLDERS: Mapping[str, str] = {
    "devstack": "devstack",
    "edge": "deploy",
    "gateway": "realtime_gateway",
    "ingest": "ingest_service",
    "mailer": "mailer_worker",
}
PACKAGE = "dashboard/dist-realtime"


def image(name: str, version: str) -> str:
    """Return what an image of a version is called."""
    return f"melotech/{name}:{version}"


def images(root: Path, version: str) -> str:
    """Build every image; return what became of it."""
    if not engine.is_here():
        return "skipped: no Docker engine answers"
    for name, folder in FOLDERS.items():
        tag = image(name, version)
        tools.run(
            ["docker", "build", "-t", tag, "-f", f"{folder}/Dockerfile", "."], root
        )
    return f"{len(FOLDERS)} images built"


def package(root: Path, folder: Path) -> str:
    """Pack @melotech/realtime into the folder; return what became of it."""
    if not node.is_here():
        return f"skipped: {node.ADVICE}"
    building.install(root / "dashboard")
    tools.run(["npm", "run", "--silent", "build:realtime"], root / "dashboard")
    packed = tools.run(
        ["npm", "pack", "--silent", "--pack-destination", str(folder)], root / PACKAGE
    )
    return packed.strip()


def checksums(folder: Path) -> str:
    """Write SHA256SUMS of all that lies in the folder, for `sha256sum --check`."""
    files = sorted(
        p for p in folder.iterdir() if p.is_file() and p.name != "SHA256SUMS"
    )
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in files]
    (folder / "SHA256SUMS").write_text("".join(lines), "utf-8")
    return f"{len(files)} files"
