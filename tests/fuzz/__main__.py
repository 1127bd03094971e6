"""Search, try one input again, or tell how the time grows with the size."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.fuzz import growth
from tests.fuzz.every_target import TARGETS
from tests.fuzz.search import Outcome, is_guided, search
from tests.plugins.documents import ROOT


def main() -> int:
    """Do what the arguments say; return the exit code."""
    asked = _asked()
    if asked.growth:
        for line in growth.table():
            print(line, flush=True)
        return 0
    if asked.input:
        return _try_again(asked.input)
    names = [asked.target] if asked.target else [*TARGETS]
    if not is_guided():
        print("atheris is not here: inputs are chosen at random")
    good = search(names, seconds=asked.minutes * 60, tell=_tell)
    return 0 if good else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.fuzz")
    parser.add_argument("--minutes", type=float, default=5, help="in all")
    parser.add_argument("--target", choices=TARGETS, help="this one alone")
    parser.add_argument("--input", type=Path, help="try a file that was found")
    parser.add_argument("--growth", action="store_true", help="time worst inputs")
    return parser.parse_args()


def _tell(outcome: Outcome) -> None:
    result = "nothing found" if outcome.code == 0 else f"ended with {outcome.code}"
    print(f"{outcome.name:18}{outcome.inputs:10} inputs, {result}", flush=True)
    if outcome.code:
        for line in outcome.log.read_text(errors="replace").splitlines()[-20:]:
            print(f"    {line[:160]}")
        for path in outcome.found:
            again = path.relative_to(ROOT)
            print(f"    try it again: python -m tests.fuzz --input {again}")


def _try_again(file: Path) -> int:
    name = file.name.partition("-")[0]
    TARGETS[name].check(file.read_bytes())
    print(f"{name}: the promise holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
