"""Music for paths that name none: a melody as WAV, always the same for the same path.

Source: RIFF WAVE, PCM of 16 bits, one channel.
"""

from __future__ import annotations

import hashlib
import math
import sys
from array import array
from functools import lru_cache

RATE = 22_050
#: One eighth at 120 beats per minute.
NOTE_SECONDS = 0.25
NOTES = 16
ROUNDS = 2
#: Of a pentatonic scale, in which whatever follows whatever sounds well.
SEMITONES = (0, 3, 5, 7, 10, 12)
LOWEST_HERTZ = 196.0
#: How loud each overtone is; the basic tone comes first.
OVERTONES = (0.55, 0.22, 0.1)
ATTACK_SECONDS = 0.01
DECAY_SECONDS = 0.12
HEADER_BYTES = 44


@lru_cache(maxsize=32)
def wav_of(path: str) -> bytes:
    """Return some seconds of a melody that is the path's own."""
    digest = hashlib.sha256(path.encode("utf-8", "surrogatepass")).digest()
    root = LOWEST_HERTZ * 2 ** (digest[0] % 12 / 12)
    scale = [_note(root * 2 ** (step / 12)) for step in SEMITONES]
    melody = [scale[byte % len(scale)] for byte in digest[1 : NOTES + 1]]
    samples = b"".join(melody) * ROUNDS
    return _header(len(samples)) + samples


def _note(hertz: float) -> bytes:
    samples = array("h", (_sample(hertz, n / RATE) for n in range(_length())))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _length() -> int:
    return int(RATE * NOTE_SECONDS)


def _sample(hertz: float, at: float) -> int:
    loudness = min(at / ATTACK_SECONDS, 1.0) * math.exp(-at / DECAY_SECONDS)
    wave = sum(
        share * math.sin(2 * math.pi * hertz * number * at)
        for number, share in enumerate(OVERTONES, start=1)
    )
    return int(32_767 * loudness * wave)


def _header(size: int) -> bytes:
    def number(value: int, length: int) -> bytes:
        return value.to_bytes(length, "little")

    return b"".join(
        (
            b"RIFF",
            number(HEADER_BYTES - 8 + size, 4),
            b"WAVEfmt ",
            number(16, 4),  # what follows of this part, in bytes
            number(1, 2),  # PCM
            number(1, 2),  # channels
            number(RATE, 4),
            number(RATE * 2, 4),  # bytes a second
            number(2, 2),  # bytes for each moment
            number(16, 2),  # bits a sample
            b"data",
            number(size, 4),
        )
    )
