"""`make logs`: the logs of all programs in one stream, each line under its name."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

#: How much of each log is shown before following, in bytes.
TAIL_BYTES = 2000
POLL_SECONDS = 0.25
LEADING = ("timestamp", "level", "event", "service", "logger")


class Follower:
    """One log file, followed across its rotation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rest = b""
        self._file = path.open("rb")
        size = os.fstat(self._file.fileno()).st_size
        if size > TAIL_BYTES:
            self._file.seek(size - TAIL_BYTES)
            self._file.readline()

    def lines(self) -> Iterator[str]:
        """Yield the complete lines that have come since the last call."""
        rotated = self._rotated()
        yield from self._read()
        if rotated:
            self._file.close()
            self._file = self._path.open("rb")
            yield from self._read()

    def _rotated(self) -> bool:
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False
        ours = os.fstat(self._file.fileno())
        return (now.st_ino, now.st_dev) != (ours.st_ino, ours.st_dev)

    def _read(self) -> Iterator[str]:
        *complete, self._rest = (self._rest + self._file.read()).split(b"\n")
        for raw in complete:
            yield raw.decode(errors="replace")


def follow(folder: Path) -> Iterator[str]:
    """Yield lines without end; files that appear later are taken up."""
    followers: dict[Path, Follower] = {}
    while True:
        quiet = True
        for path in sorted(folder.glob("*.log")):
            if path not in followers:
                followers[path] = Follower(path)
            for text in followers[path].lines():
                quiet = False
                yield f"{path.stem:<11}{readable(text)}"
        if quiet:
            time.sleep(POLL_SECONDS)


def readable(text: str) -> str:
    """Return a JSON log line as time, level, event and fields; others unchanged."""
    try:
        entry = json.loads(text)
    except ValueError:
        return text
    if not isinstance(entry, dict) or "event" not in entry:
        return text
    moment = str(entry.get("timestamp", ""))[11:23]
    level = str(entry.get("level", ""))
    fields = " ".join(
        f"{name}={value}" for name, value in entry.items() if name not in LEADING
    )
    return f"{moment} {level:<8}{entry['event']}  {fields}".rstrip()
