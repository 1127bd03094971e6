"""What a seed becomes: a few things done to it, at random and in the form it has."""

from __future__ import annotations

from random import Random

from tests.fuzz.target import MAX_LENGTH, Target

MOST_EDITS = 5


def changed(target: Target, random: Random) -> bytes:
    """Return an input; the same for a `random` in the same state."""
    data = random.choice(target.seeds)
    for _ in range(random.randint(1, MOST_EDITS)):
        data = _edited(data, target, random)
    return data[:MAX_LENGTH]


def _edited(data: bytes, target: Target, random: Random) -> bytes:
    start = random.randint(0, len(data))
    # What is taken out is short mostly: the rest must still look like a seed.
    end = min(len(data), start + random.choice((0, 1, 2, 4, 8, 16, 64, len(data))))
    match random.randrange(6):
        case 0:
            return data[:start] + _piece(target, random) + data[start:]
        case 1:
            return data[:start] + _piece(target, random) + data[end:]
        case 2:
            return data[:start] + data[end:]
        case 3:
            return data[:end] + data[start:end] * random.randint(1, 4) + data[end:]
        case 4:
            return _spliced(data, random.choice(target.seeds), random)
    return _flipped(data, random)


def _piece(target: Target, random: Random) -> bytes:
    if target.words and random.random() < 0.8:
        return random.choice(target.words)
    return random.randbytes(random.randint(1, 4))


def _spliced(data: bytes, other: bytes, random: Random) -> bytes:
    return data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]


def _flipped(data: bytes, random: Random) -> bytes:
    if not data:
        return data
    flipped = bytearray(data)
    flipped[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(flipped)
