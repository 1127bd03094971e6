"""What was done when, as lines that tell a failure's story."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime


class Timeline:
    """Lines in their order; any thread may note one."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._lines: list[str] = []

    @property
    def seconds(self) -> float:
        """Return how long it has been going on."""
        return time.monotonic() - self._began

    def note(self, text: str) -> None:
        """Note something that was done, or was seen, just now."""
        # The services' logs have the time of day.
        clock = datetime.now(UTC).strftime("%H:%M:%S.%f")[:-3]
        with self._lock:
            self._lines.append(f"{self.seconds:7.1f} s  {clock}  {text}")

    def __str__(self) -> str:
        """Return all lines."""
        with self._lock:
            return "\n".join(self._lines)
