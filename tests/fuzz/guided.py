"""One target in a process of its own, its inputs chosen by the branches they reach.

`python -m tests.fuzz.guided NAME CORPUS [libFuzzer's options]` goes on until its time
is over. An input that breaks a promise ends it with another code than 0.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import atheris

from tests.fuzz.target import MAX_LENGTH, Target

#: Whose branches are looked at; JSON is read by C, which tells of none.
WATCHED = [
    "shared",
    "ingest_service",
    "realtime_gateway",
    "mailer_worker",
    "jwt",
    "email",
]
#: libFuzzer takes no longer words.
MAX_WORD = 64


def main(name: str, folder: str, *options: str) -> None:
    """Try inputs until libFuzzer ends the process."""
    with atheris.instrument_imports(include=WATCHED):
        from tests.fuzz.every_target import TARGETS
    target, corpus = TARGETS[name], Path(folder)
    _plant(target, corpus)
    words = _write_words(target, corpus.with_suffix(".words"))
    ours = [f"-dict={words}", f"-max_len={MAX_LENGTH}", *options]
    atheris.Setup([sys.argv[0], folder, *ours], target.check)
    atheris.Fuzz()


def _plant(target: Target, corpus: Path) -> None:
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:32]).write_bytes(seed)


def _write_words(target: Target, file: Path) -> Path:
    words = (word for word in target.words if 0 < len(word) <= MAX_WORD)
    lines = ("".join(f"\\x{byte:02x}" for byte in word) for word in words)
    file.write_text("".join(f'"{line}"\n' for line in lines))
    return file


if __name__ == "__main__":
    main(*sys.argv[1:])
