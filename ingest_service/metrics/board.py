"""The counts of all workers, in memory that they share: a row of numbers for each.

gunicorn's main process has the board before it forks. A worker writes to its own row
and nowhere else, without a lock or a system call, and whoever is asked reads all rows.
A row outlives its worker, so that no count ever falls; a later worker goes on in it.
The files of prometheus_client's own way cost a webhook ten times as much.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import TypeAlias

#: Workers that may live at once; while they are replaced there are twice as many.
ROWS = 256
#: Numbers in a row; all are floats, which count exactly to 2**53.
WIDTH = 256
#: The first says who writes to the row, 0 when its worker has ended; the second whether
#: anybody ever did.
PID, USED = 0, 1

Row: TypeAlias = "memoryview[float]"

_ITEM = 8


class Board:
    """Rows of numbers; make it before the fork."""

    def __init__(self, rows: int = ROWS) -> None:
        cells = memoryview(mmap.mmap(-1, rows * WIDTH * _ITEM)).cast("d")
        self._rows = [cells[at : at + WIDTH] for at in range(0, len(cells), WIDTH)]
        self._free = list(range(rows - 1, -1, -1))
        self._mine: Row | None = None

    def take(self) -> int | None:
        """Give the process that is forked next a row; return its place.

        None where there is no row left: its counts are nobody's to see.
        """
        place, self._mine = self._next()
        return place

    def give_back(self, place: int | None) -> None:
        """Take note that the row's worker has ended; its counts stay."""
        if place is not None:
            self._rows[place][PID] = 0
            self._free.append(place)

    def mine(self) -> Row:
        """Return this process's row; its first where nothing forks."""
        if self._mine is None:
            _, self._mine = self._next()
        return self._mine

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Return place and numbers of all rows that were ever taken."""
        for place, row in enumerate(self._rows):
            if row[USED]:
                yield place, row

    def _next(self) -> tuple[int | None, Row]:
        if not self._free:
            return None, memoryview(bytearray(WIDTH * _ITEM)).cast("d")
        place = self._free.pop()
        row = self._rows[place]
        row[USED] = 1
        return place, row


#: The service's own; workers inherit it.
BOARD = Board()
