"""What has to be done again: whether packages and pages are those of the sources."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

#: Made here, not written.
MADE = frozenset({"node_modules", "dist", "dist-realtime", "coverage"})


def is_built(folder: Path) -> bool:
    """Tell whether the pages in `folder/dist` were made of the sources as they are."""
    stamp = _stamp(folder)
    return stamp.exists() and stamp.read_text() == digest_of(folder)


def stamp(folder: Path, digest: str) -> None:
    """Note what the pages were made of: the sources as they were before."""
    _stamp(folder).write_text(digest)


def digest_of(folder: Path) -> str:
    """Return a digest of all that is written by hand below the folder, names too."""
    digest = hashlib.sha256()
    for path in sorted(_sources(folder)):
        content = path.read_bytes()
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def are_installed(folder: Path) -> bool:
    """Tell whether node_modules holds what package-lock.json names."""
    locked = _packages(folder / "package-lock.json")
    present = _packages(folder / "node_modules" / ".package-lock.json")
    return bool(locked) and match(locked, present)


def match(
    locked: Mapping[str, Mapping[str, Any]], present: Mapping[str, Mapping[str, Any]]
) -> bool:
    """Tell whether all is present in its version; optional ones may be absent.

    Source: npm's package-lock.json, version 3, `packages` ("" is the project itself).
    """
    wanted = {path: each for path, each in locked.items() if path}
    return all(
        wanted.get(path, {}).get("version") == each.get("version")
        for path, each in present.items()
    ) and all(
        path in present or each.get("optional", False) for path, each in wanted.items()
    )


def _stamp(folder: Path) -> Path:
    return folder / "dist" / ".stamp"


def _sources(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name not in MADE:
            found = entry.rglob("*") if entry.is_dir() else [entry]
            yield from (path for path in found if path.is_file())


def _packages(lock: Path) -> dict[str, dict[str, Any]]:
    try:
        packages: dict[str, dict[str, Any]] = json.loads(lock.read_bytes())["packages"]
    except (OSError, ValueError, KeyError):
        return {}
    return packages
