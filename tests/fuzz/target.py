"""One thing that reads bytes from outside, and what must hold whatever they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Longer inputs find nothing that these do not, and are slow to change.
MAX_LENGTH = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`check` raises where a promise is broken, and nothing else makes it raise.

    `seeds` are inputs to begin with, `words` what is put into them.
    """

    name: str
    check: Callable[[bytes], None]
    seeds: Sequence[bytes]
    words: Sequence[bytes] = ()
