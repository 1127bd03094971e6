"""A lock between processes that the kernel gives back, however its holder ends."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from gevent.monkey import get_original

#: Between two attempts, in seconds: the lock is mostly held for one write.
FIRST_PAUSE, LAST_PAUSE = 0.0002, 0.005

# Waited for in a thread of the operating system, where gevent has no business.
_sleep = get_original("time", "sleep")


class FileLock:
    """An exclusive lock by `flock`; one thread at a time may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self, timeout: float) -> bool:
        """Tell whether the lock is ours now; wait for it up to `timeout` seconds.

        Raises OSError where there can be no lock file.
        """
        deadline, pause = time.monotonic() + timeout, FIRST_PAUSE
        while not self._try():
            if time.monotonic() >= deadline:
                return False
            _sleep(pause)
            pause = min(2 * pause, LAST_PAUSE)
        return True

    def release(self) -> None:
        """Let somebody else have it."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Release it, and the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def in_place(self) -> bool:
        """Tell whether the lock file is still the one that others would lock."""
        if self._file is None:
            return False
        with suppress(FileNotFoundError):
            mine, theirs = os.fstat(self._file), self._path.stat()
            return (mine.st_dev, mine.st_ino) == (theirs.st_dev, theirs.st_ino)
        return False

    def _try(self) -> bool:
        if not self.in_place():
            # Deleted, perhaps with its whole folder: what is locked is nobody else's.
            self.close()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC
            self._file = os.open(self._path, flags, 0o600)
        assert self._file is not None  # noqa: S101 # nosec B101 # opened above
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if self.in_place():
            return True
        self.release()
        return False
