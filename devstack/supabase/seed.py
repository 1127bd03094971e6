"""Who and what is there when the stand-in starts for the first time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from devstack.supabase import jsonb

PASSWORD = "melotech"  # noqa: S105 # of people who do not exist


def _uuid(kind: int, number: int) -> str:
    return f"{kind:08d}-0000-4000-8000-{number:012d}"


NAMES = ("admin", "ada", "ben", "cleo")

#: `users.id` and `users.authid` differ, as they do in the real project.
USERS: list[dict[str, Any]] = [
    {
        "id": _uuid(11111111, number),
        "authid": _uuid(22222222, number),
        "name": name.capitalize(),
        "email": f"{name}@melotech.test",
        "is_admin": name == "admin",
    }
    for number, name in enumerate(NAMES)
]

_TRACKS = (
    ("Night Drive", "techno", 132, "F#m", "pending", None, None),
    ("Paper Boats", "indie", 96, "C", "approved", 8, "Lovely lyrics, tight mix."),
    ("Glass Garden", "ambient", 70, "Am", "in-review", None, None),
    ("Zoë's Theme 🎧", "house", 124, "Gm", "pending", None, None),
    ("Concrete Sun", "hip-hop", 88, "Dm", "rejected", 4, "The low end fights."),
    ("Slow Elevator", "jazz", 110, "Bb", "approved", 9, "That bridge!"),
    ("Winter Line", "folk", 78, "G", "pending", None, None),
    ("Echo Park", "indie", 120, "E", "in-review", None, None),
    ("Ferric", "techno", 138, "Cm", "pending", None, None),
    ("Half Moon Café", "jazz", 92, "F", "pending", None, None),
    ("Signal to Noise", "ambient", 60, "D", "rejected", 5, "Needs a second half."),
    ("Maple", "folk", 84, "A", "pending", None, None),
)


def submissions() -> list[dict[str, Any]]:
    """Return the first submissions, a few hours apart, of the three artists."""
    now = datetime.now(UTC)
    rows = []
    for number, track in enumerate(_TRACKS):
        title, genre, bpm, key, status, rating, feedback = track
        artist = USERS[1 + number % 3]
        at = now - timedelta(hours=6 * (len(_TRACKS) - number))
        rows.append(
            {
                "id": _uuid(33333333, number),
                "title": title,
                "userid": artist["id"],
                "genre": genre,
                "bpm": bpm,
                "key": key,
                "files": [f"{artist['name'].lower()}/{number:02d}.wav"],
                "description": None,
                "status": status,
                "rating": rating,
                "feedback": feedback,
                "submitted_at": jsonb.timestamp(at),
                "updated_at": jsonb.timestamp(at),
            }
        )
    return rows
