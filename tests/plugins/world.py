"""One bus, several gateways, the witnesses of it all, and what they had to be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.events import Event
from tests.plugins.changes import Press, change, mail
from tests.plugins.services import Process
from tests.plugins.witnesses import Sightings, Witness

#: An artist, and a status or `mail`, which tells of a mail instead.
Turn = tuple[str | None, str]
#: Rows of one artist.
ROWS = 5


class World:
    """Everything that was ever published, and who has to be told of it.

    `artists` are both ids of each, `tokens` are by the same names, and the admin's.
    """

    def __init__(
        self,
        press: Press,
        gateways: Sequence[Process],
        folders: Sequence[Path],
        *,
        tokens: Mapping[str, str],
        artists: Mapping[str, tuple[str, str]],
    ) -> None:
        self.press = press
        self.gateways = gateways
        self.artists = artists
        self.sightings = Sightings()
        self._folders = folders
        self._tokens = tokens

    def publish(self, cast: Sequence[Turn]) -> None:
        """Publish one event; the turns of the cast go round and round."""
        number = len(self.press.published)
        event = _event(number, *cast[number % len(cast)])
        self.sightings.publishing(event.id)
        self.press.publish(event)
        self.sightings.published(event.id)

    def kill(self, place: int, *, keep_file: bool) -> None:
        """End a gateway with kill -9 and start it again, with its file or without."""
        gateway = self.gateways[place]
        gateway.kill()
        if not keep_file:
            for file in self._folders[place].iterdir():
                file.unlink()
        self.sightings.started(gateway.port)
        gateway.start(wait=False)

    def witness(self, room: str, name: str, **wishes: Any) -> Witness:
        """Return a witness who has not been here before."""
        return Witness(
            self.gateways,
            room,
            self._tokens[name],
            sightings=self.sightings,
            owner=self.artists.get(name),
            **wishes,
        )

    def all_told(self, witnesses: Sequence[Witness]) -> bool:
        """Tell whether everyone has been told the last event that concerns them."""
        return all(each.stays and self._is_up_to_date(each) for each in witnesses)

    def faults(self, witness: Witness) -> Iterator[str]:
        """Return where a witness was told too much, too little, or out of order."""
        if witness.refused_with or witness.unasked:
            yield f"refused {witness.refused_with}, unasked {witness.unasked[:5]}"
        for number, stay in enumerate(witness.stays, start=1):
            expected = self._expected(witness, stay.after)
            if number < len(witness.stays):
                expected = expected[: len(stay.told)]
            if stay.told != expected:
                yield f"after {stay.after}, {_difference(stay.told, expected)}"
        for each in witness.returns:
            if each.known and not each.recovered:
                yield f"{each} had to recover"

    def _expected(self, witness: Witness, after: str | None) -> list[str]:
        ids = [event.id for event in self.press.published]
        start = ids.index(after) + 1 if after else 0
        return [e.id for e in self.press.published[start:] if witness.concerns(e)]

    def _is_up_to_date(self, witness: Witness) -> bool:
        stay = witness.stays[-1]
        return stay.told[-1:] == self._expected(witness, stay.after)[-1:]


def _event(number: int, artist: str | None, status: str) -> Event:
    row = f"{artist}-{number % ROWS}"
    if status == "mail":
        return mail(submission=row)
    return change(artist=artist, submission=row, status=status, sequence=number)


def _difference(told: Sequence[str], expected: Sequence[str]) -> str:
    pairs = enumerate(zip(told, expected, strict=False))
    shorter = min(len(told), len(expected))
    first = next((n for n, (one, other) in pairs if one != other), shorter)
    return (
        f"from {first} of {len(expected)}: told {list(told[first : first + 5])},"
        f" not {list(expected[first : first + 5])}"
    )
