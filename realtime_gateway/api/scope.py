"""Whose submissions a request may see, as a condition of SQL."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """Everyone's submissions (None), or those of one artist under all their ids."""

    artist_ids: tuple[str, ...] | None = None

    @property
    def is_whole(self) -> bool:
        """Tell whether everything may be seen."""
        return self.artist_ids is None

    def covers(self, artist_id: str) -> bool:
        """Tell whether this artist's submissions may be seen."""
        return self.artist_ids is None or artist_id in self.artist_ids

    def where(self, column: str = "artist_id") -> str:
        """Return the condition to add; `+artist_id` keeps it from choosing the index.

        The query then needs `parameters`.
        """
        if self.artist_ids is None:
            return ""
        ids = "(select value from json_each(:artist_ids))"
        return f" and {column} in {ids}"

    @property
    def parameters(self) -> dict[str, str]:
        """Return what `where` speaks of."""
        return {"artist_ids": json.dumps(self.artist_ids)}
