"""What happens next: pure, from the rows as they are and a dice."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

Row = dict[str, Any]

_FIRST = ("Night", "Paper", "Glass", "Slow", "Electric", "Winter", "Golden", "Lost")
_SECOND = ("Drive", "Boats", "Garden", "Motion", "Letters", "Parade", "Signal", "Tide")
_GENRES = ("techno", "indie", "ambient", "house", "hip-hop", "jazz", "folk")
_KEYS = ("C", "Dm", "E", "F#m", "G", "Am", "Bb")
_PRAISE = ("That bridge!", "Lovely mix.", "We want this on the front page.")
_REGRET = ("The low end fights.", "Needs a second half.", "Not for us, but close.")


@dataclass(frozen=True, slots=True)
class Submit:
    """An artist submits a track."""

    row: Row


@dataclass(frozen=True, slots=True)
class Edit:
    """The admin changes a submission."""

    row: Row
    values: Row


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The admin deletes a submission."""

    row: Row


Step = Submit | Edit | Withdraw


def next_step(rows: list[Row], artists: list[str], dice: Random) -> Step:
    """Return what happens next; `artists` are ids of `users`."""
    pending = [row for row in rows if row["status"] == "pending"]
    reviewed = [row for row in rows if row["status"] == "in-review"]
    decided = [row for row in rows if row["status"] in {"approved", "rejected"}]
    draw = dice.random()
    if not rows or draw < 0.25:
        return Submit(_track(dice.choice(artists), dice))
    if decided and draw < 0.29 and len(rows) > 8:
        return Withdraw(dice.choice(decided))
    if draw < 0.36:
        row = dice.choice(rows)
        return Edit(row, {"title": _corrected(row["title"] or "Untitled")})
    if reviewed and draw < 0.75:
        return Edit(dice.choice(reviewed), _decision(dice))
    if pending:
        return Edit(dice.choice(pending), {"status": "in-review"})
    return Submit(_track(dice.choice(artists), dice))


def _track(artist: str, dice: Random) -> Row:
    title = f"{dice.choice(_FIRST)} {dice.choice(_SECOND)}"
    return {
        "title": title,
        "userid": artist,
        "genre": dice.choice(_GENRES),
        "bpm": dice.randint(60, 150),
        "key": dice.choice(_KEYS),
        "files": [f"{title.lower().replace(' ', '-')}.wav"],
    }


def _decision(dice: Random) -> Row:
    approved = dice.random() < 0.6
    return {
        "status": "approved" if approved else "rejected",
        "rating": dice.randint(7, 10) if approved else dice.randint(2, 5),
        "feedback": dice.choice(_PRAISE if approved else _REGRET),
    }


def _corrected(title: str) -> str:
    ending = " (Remaster)"
    return title.removesuffix(ending) if title.endswith(ending) else title + ending
