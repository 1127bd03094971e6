"""Which folder is this gateway's own? Several may be given the same one."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from shared.errors import MeloTechError

#: More gateways on one folder than any machine runs.
MAX_SLOTS = 64


class FolderTaken(MeloTechError):
    """Every place below the folder is another gateway's."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A folder that nobody else uses until `release`, or the process's end."""

    folder: Path
    _lock: IO[str]

    def release(self) -> None:
        """Let another gateway have the folder."""
        self._lock.close()


def claim(parent: Path) -> Claim:
    """Return the first free place: the folder itself, then `2`, `3`, ... below it.

    Two gateways on one file would hide events from each other. A gateway that starts
    again takes any free place: what it finds there is a replica of the same stream.
    Raises FolderTaken.
    """
    for number in range(1, MAX_SLOTS + 1):
        folder = parent if number == 1 else parent / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        return Claim(folder, lock)
    raise FolderTaken(f"{MAX_SLOTS} gateways use {parent}")
