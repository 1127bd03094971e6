"""What a data folder's disk and rights allow; nothing is written to find out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

#: A folder with more files than this is measured by the first ones.
MAX_FILES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder as it is; sizes in bytes.

    `exists` is false for what is to be made; the rest then is told of the nearest
    folder above. `foreign` names a file in it that we may not write.
    """

    path: str
    exists: bool
    is_folder: bool
    writable: bool
    free: int
    used: int = 0
    foreign: str = ""


def look_at(path: Path) -> Folder:
    """Return how a folder stands; raise OSError where not even that can be seen."""
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    files = os.statvfs(there)
    exists = path.exists()
    contents = list(islice(_files(path), MAX_FILES)) if path.is_dir() else []
    return Folder(
        path=str(path),
        exists=exists,
        is_folder=there.is_dir(),
        writable=os.access(there, os.W_OK | os.X_OK),
        free=files.f_bavail * files.f_frsize,
        used=sum(size for _, size in contents),
        foreign=next((p.name for p, _ in contents if not os.access(p, os.W_OK)), ""),
    )


def _files(path: Path) -> Iterator[tuple[Path, int]]:
    for folder, _, names in os.walk(path):
        for name in names:
            file = Path(folder) / name
            try:
                yield file, file.stat().st_size
            except OSError:
                continue
