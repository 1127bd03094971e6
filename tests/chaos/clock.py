"""Clocks that jump while a service runs: libfaketime reads the shift from a file."""

from __future__ import annotations

from pathlib import Path

LIBRARY = "faketime/libfaketimeMT.so.1"
FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib")
MISSING = "no libfaketime on this machine: apt-get install faketime"


def library() -> Path | None:
    """Return where the library is, None where it is not installed."""
    found = (Path(folder, LIBRARY) for folder in FOLDERS)
    return next((path for path in found if path.exists()), None)


class Clock:
    """The clock of one service; `environ` is what the service is started with."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.shift(0)

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables; none where there is no library."""
        found = library()
        if found is None:
            return {}
        return {
            "LD_PRELOAD": str(found),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            # In seconds: how often it looks into the file.
            "FAKETIME_CACHE_DURATION": "1",
            # Only what people read from a clock jumps, as when a clock is set.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            # A service that is killed would leave its part of the memory behind.
            "FAKETIME_DISABLE_SHM": "1",
        }

    def shift(self, seconds: float) -> None:
        """Set the clock so many seconds forwards; backwards where negative."""
        # Written beside and moved: who reads meanwhile must not see half of it.
        beside = self._file.with_suffix(".new")
        beside.write_text(f"{seconds:+.0f}\n")
        beside.replace(self._file)
